/** Which examples each step sees: epochs of a seeded shuffle, cut into batches. A function of the step, so any step can be repeated. */
import { randomStream } from "../lib/random.ts";

/**
 * `batch(step)` for step 1, 2, …: indices into the training examples. The last batch of an epoch runs into the next. `names`
 * give a further data set an order of its own.
 */
export function createBatches(
  examples: number,
  batchSize: number,
  seed: number,
  ...names: string[]
): (step: number) => number[] {
  if (examples === 0) throw new Error("There are no training examples.");
  const epochs = new Map<number, number[]>();
  const indices = Array.from({ length: examples }, (_, index) => index);
  const epochOrder = (epoch: number): number[] => {
    const known = epochs.get(epoch);
    if (known !== undefined) return known;
    const order = randomStream(seed, "order", ...names, `epoch ${epoch}`).shuffle(indices);
    // Two epochs are all that neighbouring steps can ask for.
    for (const old of epochs.keys()) if (old < epoch - 1) epochs.delete(old);
    epochs.set(epoch, order);
    return order;
  };
  return (step) => {
    const first = (step - 1) * batchSize;
    return Array.from({ length: batchSize }, (_, offset) => {
      const place = first + offset;
      return epochOrder(Math.floor(place / examples))[place % examples] ?? 0;
    });
  };
}
