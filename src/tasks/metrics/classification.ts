/** Accuracy with its interval, macro-F1 and cross entropy from logits, in 64-bit arithmetic. */

/** Index of the largest value, the first of equals. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let index = 1; index < values.length; index++) if ((values[index] ?? 0) > (values[best] ?? 0)) best = index;
  return best;
}

/** Softmax in 64 bits, shifted by the maximum. */
export function softmax(logits: ArrayLike<number>): number[] {
  const list = Array.from(logits);
  const largest = Math.max(...list);
  const powers = list.map((logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** −log softmax(logits)[label], nats. */
export function crossEntropyOf(logits: ArrayLike<number>, label: number): number {
  const list = Array.from(logits);
  const largest = Math.max(...list);
  const sum = list.reduce((total, logit) => total + Math.exp(logit - largest), 0);
  return Math.log(sum) + largest - (list[label] ?? 0);
}

/** 95 % score interval of a proportion (Wilson 1927). */
export function wilsonInterval(hits: number, count: number): [number, number] {
  if (count === 0) return [0, 1];
  const z = 1.959963984540054;
  const share = hits / count;
  const centre = share + z ** 2 / (2 * count);
  const spread = z * Math.sqrt((share * (1 - share)) / count + z ** 2 / (4 * count ** 2));
  const scale = 1 + z ** 2 / count;
  return [Math.max(0, (centre - spread) / scale), Math.min(1, (centre + spread) / scale)];
}

/** Mean over the classes of 2·TP / (2·TP + FP + FN); a class that is neither present nor predicted is left out. */
export function macroF1(predicted: readonly number[], labels: readonly number[], classes: number): number {
  const scores: number[] = [];
  for (let label = 0; label < classes; label++) {
    let [truePositive, wrong] = [0, 0];
    for (const [index, answer] of predicted.entries()) {
      const truth = labels[index];
      if (answer === label && truth === label) truePositive++;
      else if (answer === label || truth === label) wrong++;
    }
    if (truePositive + wrong > 0) scores.push((2 * truePositive) / (2 * truePositive + wrong));
  }
  return scores.length === 0 ? 0 : scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

/** Share of the most frequent label. */
export function majorityShare(labels: readonly (number | string)[]): number {
  const counts = new Map<number | string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return labels.length === 0 ? 0 : Math.max(...counts.values()) / labels.length;
}

/** −Σ share · log share of the labels, nats. */
export function labelEntropyOf(labels: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts.values()].reduce(
    (sum, count) => sum - (count / labels.length) * Math.log(count / labels.length),
    0,
  );
}
