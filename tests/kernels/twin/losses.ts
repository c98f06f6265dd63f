/** The twin's losses, along a row and down the rows of a sequence, and their gradients. */
import type { NodeOf } from "../../../src/engine/graph/operations/index.ts";
import type { Tensor } from "../../../src/engine/graph/tensor.ts";
import type { Twin } from "./twin.ts";
import { at, fill } from "./values.ts";

function softmax(logits: Tensor, twin: Twin, row: number): number[] {
  const values = [...twin.tensor(logits).subarray(row * logits.width, (row + 1) * logits.width)];
  const largest = Math.max(...values);
  const total = values.reduce((sum, value) => sum + Math.exp(value - largest), 0);
  return values.map((value) => Math.exp(value - largest) / total);
}

export function crossEntropy({ inputs: { logits }, indices }: NodeOf<"crossEntropy">, twin: Twin): Float64Array[] {
  const rows = twin.rows(logits);
  const loss = new Float64Array(rows);
  const correct = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const probabilities = softmax(logits, twin, row);
    const label = twin.index(indices.labels)[row] ?? 0;
    const weight = twin.values(indices.weights)[row] ?? 0;
    loss[row] = weight === 0 ? 0 : -weight * Math.log(probabilities[label] ?? 0);
    correct[row] = weight !== 0 && probabilities.indexOf(Math.max(...probabilities)) === label ? 1 : 0;
  }
  return [loss, correct];
}

export function crossEntropyGradient(
  { inputs: { logits }, indices, outputs }: NodeOf<"crossEntropyGradient">,
  twin: Twin,
): Float64Array {
  const rows = Array.from({ length: twin.rows(logits) }, (_, row) => softmax(logits, twin, row));
  return fill(twin, outputs, (i) => {
    const [row, c] = [Math.floor(i / logits.width), i % logits.width];
    const weight = twin.values(indices.weights)[row] ?? 0;
    return weight * ((rows[row]?.[c] ?? 0) - (twin.index(indices.labels)[row] === c ? 1 : 0));
  });
}

/** Probabilities of a column's rows in one sequence. */
function segmentSoftmax(logits: Tensor, twin: Twin, [first, end]: [number, number], column: number): number[] {
  const values = Array.from({ length: end - first }, (_, row) =>
    at(twin, logits, (first + row) * logits.width + column),
  );
  const largest = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

export function segmentCrossEntropy(
  { inputs: { logits }, indices, outputs }: NodeOf<"segmentCrossEntropy">,
  twin: Twin,
): Float64Array[] {
  const offsets = twin.index(indices.offsets);
  const [loss, correct, logSumExp] = outputs.map((output) => new Float64Array(twin.rows(output)));
  if (!loss || !correct || !logSumExp) throw new Error("A segment cross entropy has three outputs.");
  for (const target of loss.keys()) {
    const [sequence, column] = [Math.floor(target / logits.width), target % logits.width];
    const first = offsets[sequence] ?? 0;
    const probabilities = segmentSoftmax(logits, twin, [first, offsets[sequence + 1] ?? 0], column);
    const label = twin.index(indices.labels)[target] ?? 0;
    const weight = twin.values(indices.weights)[target] ?? 0;
    logSumExp[target] = at(twin, logits, first * logits.width + column) - Math.log(probabilities[0] ?? 0);
    loss[target] = weight === 0 ? 0 : -weight * Math.log(probabilities[label] ?? 0);
    correct[target] = weight !== 0 && probabilities.indexOf(Math.max(...probabilities)) === label ? 1 : 0;
  }
  return [loss, correct, logSumExp];
}

export function segmentCrossEntropyGradient(
  { inputs: { logits }, indices, outputs }: NodeOf<"segmentCrossEntropyGradient">,
  twin: Twin,
): Float64Array {
  const offsets = twin.index(indices.offsets);
  return fill(twin, outputs, (i) => {
    const [row, column] = [Math.floor(i / logits.width), i % logits.width];
    const sequence = twin.index(indices.sequence)[row] ?? 0;
    const first = offsets[sequence] ?? 0;
    const target = sequence * logits.width + column;
    const probabilities = segmentSoftmax(logits, twin, [first, offsets[sequence + 1] ?? 0], column);
    const chosen = twin.index(indices.labels)[target] === row - first ? 1 : 0;
    return (twin.values(indices.weights)[target] ?? 0) * ((probabilities[row - first] ?? 0) - chosen);
  });
}
