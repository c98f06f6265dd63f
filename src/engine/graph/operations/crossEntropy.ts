/** Softmax cross entropy with a label and a weight per row; the objective of every task. */
import type { Builder } from "../builder.ts";
import type { NodeBase, Vjp } from "../operation.ts";
import type { IndexInput, Tensor, ValueInput } from "../tensor.ts";

interface LabelInputs {
  /** Class of each row, 0 ≤ label < C. */
  readonly labels: IndexInput;
  /** Weight of each row's loss; 1/N for the mean over N labels, 0 for a row that does not count. */
  readonly weights: ValueInput;
}

export type CrossEntropyNode = NodeBase<"crossEntropy", { readonly logits: Tensor }, LabelInputs, Record<never, never>>;

/** weight · (softmax(logits) − onehot(label)), the gradient of the sum of all row losses. */
export type CrossEntropyGradientNode = NodeBase<
  "crossEntropyGradient",
  { readonly logits: Tensor },
  LabelInputs,
  Record<never, never>
>;

export interface RowLosses {
  /** [N, 1], weight · −log softmax(logits)[label]. Their sum is what training minimises. */
  readonly loss: Tensor;
  /** [N, 1], 1 where the largest logit (the first of equals) is the label's and the weight is not 0. */
  readonly correct: Tensor;
}

/** logits [N, C] → loss and hit of every row. */
export function crossEntropy(builder: Builder, logits: Tensor, inputs: LabelInputs): RowLosses {
  const { outputs } = builder.node("crossEntropy", { logits }, inputs, {}, [
    { label: "loss", rows: logits.rows, width: 1 },
    { label: "correct", rows: logits.rows, width: 1 },
  ]);
  const [loss, correct] = outputs;
  if (loss === undefined || correct === undefined) throw new Error("Cross entropy has two outputs.");
  return { loss, correct };
}

/** Seeds the backward pass: the objective is the sum of the row losses, so their gradient is one. */
export const crossEntropyVjp: Vjp<CrossEntropyNode> = (node, { builder, needs }) => {
  const { logits } = node.inputs;
  if (!needs(logits)) return [];
  const shape = { label: `d ${logits.label}`, rows: logits.rows, width: logits.width };
  return [{ operand: logits, gradient: builder.single("crossEntropyGradient", { logits }, node.indices, {}, shape) }];
};
