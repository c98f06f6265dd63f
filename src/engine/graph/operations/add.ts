/** Elementwise sum of two tensors of one shape: residual connections and gradients that meet. */
import type { Builder } from "../builder.ts";
import type { NodeBase, Vjp } from "../operation.ts";
import { describeShape, sameRows, type Tensor } from "../tensor.ts";

export type AddNode = NodeBase<
  "add",
  { readonly a: Tensor; readonly b: Tensor },
  Record<never, never>,
  Record<never, never>
>;

/** a + b, both [R, N]. */
export function add(builder: Builder, a: Tensor, b: Tensor, label = "add"): Tensor {
  if (!sameRows(a.rows, b.rows) || a.width !== b.width) {
    throw new Error(`add "${label}": expected one shape, got ${describeShape(a)} and ${describeShape(b)}.`);
  }
  return builder.single("add", { a, b }, {}, {}, { label, rows: a.rows, width: a.width });
}

/** The gradient passes through to both operands unchanged and uncopied. */
export const addVjp: Vjp<AddNode> = (node, { needs, gradient }) => {
  const dy = gradient(0);
  if (dy === undefined) return [];
  return [node.inputs.a, node.inputs.b].filter(needs).map((operand) => ({ operand, gradient: dy }));
};
