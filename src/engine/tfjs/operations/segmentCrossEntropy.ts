/** Cross entropy down the rows of every sequence: rows are laid out [B·C, longest] and become a cross entropy per row. */
import { add, reshape, tensor, transpose, type Tensor } from "@tensorflow/tfjs-core";
import type { SegmentCrossEntropyNode } from "../../graph/operations/segmentCrossEntropy.ts";
import type { ForwardPass } from "../forwardPass.ts";
import { takeRows } from "../takeRows.ts";
import { rowHits, rowLosses } from "./crossEntropy.ts";

/** Added to places behind the end of a sequence, so that their probability is 0. */
const absent = -1e9;

/** Loss and hit of each sequence and column, both [B·C, 1]. */
export function segmentCrossEntropy({ inputs, indices }: SegmentCrossEntropyNode, pass: ForwardPass): Tensor[] {
  const logits = pass.tensor(inputs.logits);
  const classes = inputs.logits.width;
  const targets = pass.rows(indices.labels.rows);
  const count = targets / classes;
  const offsets = pass.index(indices.offsets).subarray(0, count + 1);
  const longest = offsets.reduce((most, end, index) => Math.max(most, end - (offsets[index - 1] ?? 0)), 1);
  const places = Int32Array.from({ length: count * longest }, (_, place) => {
    const first = offsets[Math.floor(place / longest)] ?? 0;
    const row = first + (place % longest);
    return row < (offsets[Math.floor(place / longest) + 1] ?? 0) ? row : -1;
  });
  const padded = takeRows([{ tensor: logits, needed: pass.needs(inputs.logits) }], classes, places);
  const mask = tensor(
    Float32Array.from(places, (place) => (place < 0 ? absent : 0)),
    [count, 1, longest],
  );
  const columns = add(transpose(reshape(padded, [count, longest, classes]), [0, 2, 1]), mask);
  const rows = reshape(columns, [targets, longest]);
  const labels = pass.index(indices.labels).subarray(0, targets);
  const weights = pass.values(indices.weights).subarray(0, targets);
  return [rowLosses(rows, labels, weights), rowHits(rows, labels, weights)];
}
