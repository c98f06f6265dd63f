/** Which examples a step sees: every one once per epoch, in an order that the seed and the step alone decide. */
import { expect, it } from "vitest";
import { createBatches } from "../../../src/training/batches.ts";

const ascending = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** The examples of steps 1 … steps, end to end. */
function sequence(examples: number, batchSize: number, seed: number, steps: number): number[] {
  const batch = createBatches(examples, batchSize, seed);
  return ascending(steps).flatMap((step) => batch(step + 1));
}

it.each([
  ["divides the examples", 12, 4],
  ["does not divide the examples", 13, 4],
  ["is larger than the examples", 5, 16],
  ["is larger than two epochs", 3, 16],
])("sees every example once per epoch when the batch size %s", (_relation, examples, batchSize) => {
  const seen = sequence(examples, batchSize, 1, 10 * examples);
  for (let start = 0; start + examples <= seen.length; start += examples) {
    expect(seen.slice(start, start + examples).toSorted((a, b) => a - b)).toEqual(ascending(examples));
  }
});

it("always fills the batch", () => {
  const batch = createBatches(5, 4, 1);
  for (const step of [1, 2, 3, 50]) expect(batch(step)).toHaveLength(4);
});

it("gives a step the same examples whenever and how often it is asked for", () => {
  const fresh = (step: number): number[] => createBatches(13, 4, 7)(step);
  const batch = createBatches(13, 4, 7);
  for (const step of [1, 40, 3, 40, 2, 100, 1]) expect(batch(step)).toEqual(fresh(step));
});

it("orders each epoch anew", () => {
  const seen = sequence(20, 20, 1, 3);
  expect(seen.slice(0, 20)).not.toEqual(seen.slice(20, 40));
  expect(seen.slice(20, 40)).not.toEqual(seen.slice(40, 60));
});

it("gives another seed another order", () => {
  expect(sequence(20, 5, 1, 4)).not.toEqual(sequence(20, 5, 2, 4));
});

it("refuses an empty training part", () => {
  expect(() => createBatches(0, 4, 1)).toThrow("no training examples");
});
