/** Two tensors side by side, and the way back: the two directions of a bidirectional network become one row. */
import type { Builder } from "../builder.ts";
import type { Contribution, NodeBase, Vjp } from "../operation.ts";
import { describeShape, sameRows, type Tensor } from "../tensor.ts";
import { scale } from "./scale.ts";

export type ConcatenateNode = NodeBase<
  "concatenate",
  { readonly a: Tensor; readonly b: Tensor },
  Record<never, never>,
  Record<never, never>
>;

/** `width` columns of x from `first` on, as wide as the output. */
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
    contributions.push({ operand, gradient: columns(builder, dy, first, operand.width, `d ${operand.label}`) });
  }
  return contributions;
};

/** Columns `first` to `first + width` of x: [R, N] → [R, width]. */
export function columns(builder: Builder, x: Tensor, first: number, width: number, label = "columns"): Tensor {
  if (first < 0 || first + width > x.width) {
    throw new Error(`columns "${label}": expected a window of ${describeShape(x)}, got ${first} to ${first + width}.`);
  }
  return builder.single("columns", { x }, {}, { first }, { label, rows: x.rows, width });
}

/** dY between zeros, which are x's other columns times 0. Gradients of several windows of one tensor add up. */
export const columnsVjp: Vjp<ColumnsNode> = (node, { builder, needs, gradient }) => {
  const dy = gradient(0);
  const { x } = node.inputs;
  if (dy === undefined || !needs(x)) return [];
  const label = `d ${x.label}`;
  const zeros = (from: number, to: number): Tensor => scale(builder, columns(builder, x, from, to - from), 0);
  const { first } = node.attributes;
  const end = first + dy.width;
  const left = first === 0 ? dy : concatenate(builder, zeros(0, first), dy, label);
  return [{ operand: x, gradient: end === x.width ? left : concatenate(builder, left, zeros(end, x.width), label) }];
};
