/**
 * Softmax cross entropy down the rows of each sequence, one softmax per column of logits: which row of the sequence starts
 * an answer, which ends it.
 */
import type { Builder } from "../builder.ts";
import { outputAt, type NodeBase, type Vjp } from "../operation.ts";
import {
  sameRows,
  describeShape,
  type IndexInput,
  type RowProduct,
  type Segments,
  type Tensor,
  type ValueInput,
} from "../tensor.ts";
import type { RowLosses } from "./crossEntropy.ts";

interface SegmentInputs {
  readonly offsets: IndexInput;
  readonly sequence: IndexInput;
  /** Per sequence and column, the row of the sequence that is right, counted from its first. */
  readonly labels: IndexInput;
  /** Per sequence and column; 1/N for the mean over N labels, 0 where nothing is to be compared. */
  readonly weights: ValueInput;
}

export type SegmentCrossEntropyNode = NodeBase<
  "segmentCrossEntropy",
  { readonly logits: Tensor },
  SegmentInputs,
  Record<never, never>
>;

/** weight · (softmax of the column over the sequence's rows − onehot(label)). */
export type SegmentCrossEntropyGradientNode = NodeBase<
  "segmentCrossEntropyGradient",
  { readonly logits: Tensor; readonly logSumExp: Tensor },
  SegmentInputs,
  Record<never, never>
>;

/** Rows of labels, weights and losses: C per sequence, those of the first sequence first. */
export function segmentTargets({ sequences }: Segments, logits: Tensor): RowProduct {
  return { kind: "row-product", space: sequences, times: logits.width };
}

/**
 * logits [R, C] whose rows fall into B sequences → loss and hit [B·C, 1]. A hit is a label at the first of the largest logits.
 * @throws when the logits' rows are not those of the segments.
 */
export function segmentCrossEntropy(
  builder: Builder,
  logits: Tensor,
  segments: Segments,
  { labels, weights }: Pick<SegmentInputs, "labels" | "weights">,
): RowLosses {
  if (!sameRows(logits.rows, segments.space)) {
    throw new Error(`segmentCrossEntropy: logits ${describeShape(logits)} do not lie in "${segments.space.name}".`);
  }
  const rows = segmentTargets(segments, logits);
  const { offsets, sequence } = segments;
  const { outputs } = builder.node("segmentCrossEntropy", { logits }, { offsets, sequence, labels, weights }, {}, [
    { label: "loss", rows, width: 1 },
    { label: "correct", rows, width: 1 },
    { label: "log-sum-exp", rows, width: 1 },
  ]);
  return { loss: outputAt(outputs, 0), correct: outputAt(outputs, 1) };
}

/** Seeds the backward pass: the objective is the sum of the losses, so their gradient is one. */
export const segmentCrossEntropyVjp: Vjp<SegmentCrossEntropyNode> = (node, { builder, needs }) => {
  const { logits } = node.inputs;
  if (!needs(logits)) return [];
  const shape = { label: `d ${logits.label}`, rows: logits.rows, width: logits.width };
  const inputs = { logits, logSumExp: outputAt(node.outputs, 2) };
  return [
    { operand: logits, gradient: builder.single("segmentCrossEntropyGradient", inputs, node.indices, {}, shape) },
  ];
};
