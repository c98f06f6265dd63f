/**
 * One direction of one LSTM layer (Hochreiter & Schmidhuber 1997, in the form of torch.nn.LSTM): the rows are the steps of
 * one sequence. The product with the input is a matmul of its own; only what depends on the step before is in here.
 */
import type { Builder } from "../builder.ts";
import { outputAt, type Contribution, type NodeBase, type Vjp } from "../operation.ts";
import { describeShape, type Tensor } from "../tensor.ts";
import { columnSum } from "./columnSum.ts";
import { matmul } from "./matmul.ts";

export type LstmNode = NodeBase<
  "lstm",
  { readonly x: Tensor; readonly weight: Tensor; readonly bias: Tensor },
  Record<never, never>,
  { readonly reverse: boolean }
>;

/** d x [T, 4h], the gradient of the gates before their non-linearities, from dY and what the forward pass kept. */
export type LstmGradientNode = NodeBase<
  "lstmGradient",
  { readonly dy: Tensor; readonly gates: Tensor; readonly cells: Tensor; readonly weight: Tensor },
  Record<never, never>,
  { readonly reverse: boolean }
>;

export interface LstmWeights {
  /** [4h, h], gates in PyTorch's order: input, forget, cell, output. */
  readonly weight: Tensor;
  /** [1, 4h] */
  readonly bias: Tensor;
  /** Walks from the last row to the first. */
  readonly reverse?: boolean;
  readonly label?: string;
}

/**
 * With a = x[t] + W·h[t−1] + b: c[t] = σ(a_f)·c[t−1] + σ(a_i)·tanh(a_g), h[t] = σ(a_o)·tanh(c[t]), all starting from zero.
 *
 * x [T, 4h] → h [T, h]; internally the gates after their non-linearities [T, 4h], the cells [T, h] and h[t−1] [T, h].
 * Throws when the widths do not fit.
 */
export function lstm(builder: Builder, x: Tensor, options: LstmWeights): Tensor {
  const { weight, bias, reverse = false, label = "lstm" } = options;
  const { width } = weight;
  if (weight.rows !== 4 * width || x.width !== 4 * width || bias.width !== 4 * width) {
    const shapes = [x, weight, bias].map(describeShape).join(", ");
    throw new Error(`lstm "${label}": expected x [T, 4h], weight [4h, h] and bias [1, 4h], got ${shapes}.`);
  }
  const { rows } = x;
  const node = builder.node("lstm", { x, weight, bias }, {}, { reverse }, [
    { label, rows, width },
    { label: `${label} gates`, rows, width: 4 * width },
    { label: `${label} cells`, rows, width },
    { label: `${label} previous`, rows, width },
  ]);
  return outputAt(node.outputs, 0);
}

/** Back-propagation through time gives dX; the recurrent weight's gradient is dXᵀ·h[t−1], the bias's the sum of its rows. */
export const lstmVjp: Vjp<LstmNode> = (node, { builder, needs, gradient }) => {
  const dy = gradient(0);
  if (dy === undefined) return [];
  const { x, weight, bias } = node.inputs;
  const [gates, cells, previous] = [1, 2, 3].map((index) => outputAt(node.outputs, index));
  if (!gates || !cells || !previous) throw new Error("An LSTM keeps gates, cells and previous states.");
  const shape = { label: `d ${x.label}`, rows: x.rows, width: x.width };
  const dx = builder.single("lstmGradient", { dy, gates, cells, weight }, {}, node.attributes, shape);
  const contributions: Contribution[] = [];
  if (needs(x)) contributions.push({ operand: x, gradient: dx });
  if (needs(weight)) {
    const label = `d ${weight.label}`;
    contributions.push({ operand: weight, gradient: matmul(builder, dx, previous, { transposeA: true, label }) });
  }
  if (needs(bias)) contributions.push({ operand: bias, gradient: columnSum(builder, dx, `d ${bias.label}`) });
  return contributions;
};
