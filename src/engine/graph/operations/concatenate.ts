/** Two tensors side by side, and the way back: the two directions of a bidirectional network become one row. */
import type { Builder } from "../builder.ts";
import type { Contribution, NodeBase, Vjp } from "../operation.ts";
import { describeShape, sameRows, type Tensor } from "../tensor.ts";

export type ConcatenateNode = NodeBase<
  "concatenate",
  { readonly a: Tensor; readonly b: Tensor },
  Record<never, never>,
  Record<never, never>
>;

/** `width` columns of x from `first` on, as wide as the output. The gradient of one half of a concatenation. */
export type ColumnsNode = NodeBase<"columns", { readonly x: Tensor }, Record<never, never>, { readonly first: number }>;

/** [a | b]: [R, N] and [R, M] → [R, N + M]. Throws when the rows differ. */
export function concatenate(builder: Builder, a: Tensor, b: Tensor, label = "concatenate"): Tensor {
  if (!sameRows(a.rows, b.rows)) {
    throw new Error(`concatenate "${label}": expected the same rows, got ${describeShape(a)} and ${describeShape(b)}.`);
  }
  return builder.single("concatenate", { a, b }, {}, {}, { label, rows: a.rows, width: a.width + b.width });
}

/** Each operand receives its own columns of dY. */
export const concatenateVjp: Vjp<ConcatenateNode> = (node, { builder, needs, gradient }) => {
  const dy = gradient(0);
  if (dy === undefined) return [];
  const { a, b } = node.inputs;
  const contributions: Contribution[] = [];
  for (const [operand, first] of [[a, 0] as const, [b, a.width] as const]) {
    if (!needs(operand)) continue;
    const shape = { label: `d ${operand.label}`, rows: operand.rows, width: operand.width };
    contributions.push({ operand, gradient: builder.single("columns", { x: dy }, {}, { first }, shape) });
  }
  return contributions;
};
