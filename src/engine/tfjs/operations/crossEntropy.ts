/** Weighted softmax cross entropy and hits, per row. */
import {
  cast,
  equal,
  logSoftmax,
  max,
  min,
  mul,
  oneHot,
  range,
  sub,
  sum,
  tensor,
  tensor1d,
  type Tensor,
} from "@tensorflow/tfjs-core";
import type { CrossEntropyNode } from "../../graph/operations/crossEntropy.ts";
import type { ForwardPass } from "../forwardPass.ts";

/** Loss and hit of each row, both [N, 1]. */
export function crossEntropy({ inputs, indices }: CrossEntropyNode, pass: ForwardPass): Tensor[] {
  const logits = pass.tensor(inputs.logits);
  const rows = pass.rows(inputs.logits.rows);
  const labels = pass.index(indices.labels).subarray(0, rows);
  const weights = pass.values(indices.weights).subarray(0, rows);
  return [rowLosses(logits, labels, weights), rowHits(logits, labels, weights)];
}

/** weight · −log softmax(logits)[label] of each row, [N, 1]. */
export function rowLosses(logits: Tensor, labels: Int32Array, weights: Float32Array): Tensor {
  const classes = logits.shape[1] ?? 0;
  const chosen = cast(oneHot(tensor1d(labels, "int32"), classes), "float32");
  const negative = tensor(
    weights.map((weight) => -weight),
    [weights.length, 1],
  );
  return mul(sum(mul(logSoftmax(logits), chosen), -1, true), negative);
}

/** 1 where the first of the largest logits is the label's and the weight is not 0. */
export function rowHits(logits: Tensor, labels: Int32Array, weights: Float32Array): Tensor {
  const classes = logits.shape[1] ?? 0;
  const largest = cast(equal(logits, max(logits, -1, true)), "float32");
  // Columns that hold the largest logit move below zero, so that the smallest number tells the first of them.
  const first = min(sub(range(0, classes), mul(largest, classes)), -1, true);
  const shape: [number, number] = [labels.length, 1];
  const wanted = tensor(
    Float32Array.from(labels, (label) => label - classes),
    shape,
  );
  const counts = tensor(
    weights.map((weight) => (weight === 0 ? 0 : 1)),
    shape,
  );
  return mul(cast(equal(first, wanted), "float32"), counts);
}
