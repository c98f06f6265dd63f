/** A tensor times a fixed number: the strength of a low-rank update. */
import type { Builder } from "../builder.ts";
import type { NodeBase, Vjp } from "../operation.ts";
import type { Tensor } from "../tensor.ts";

export type ScaleNode = NodeBase<"scale", { readonly x: Tensor }, Record<never, never>, { readonly factor: number }>;

/** factor · x, [R, N]. */
export function scale(builder: Builder, x: Tensor, factor: number, label = "scale"): Tensor {
  return builder.single("scale", { x }, {}, { factor }, { label, rows: x.rows, width: x.width });
}

/** dX = factor · dY. */
export const scaleVjp: Vjp<ScaleNode> = (node, { builder, needs, gradient }) => {
  const dy = gradient(0);
  const { x } = node.inputs;
  if (dy === undefined || !needs(x)) return [];
  return [{ operand: x, gradient: scale(builder, dy, node.attributes.factor, `d ${x.label}`) }];
};
