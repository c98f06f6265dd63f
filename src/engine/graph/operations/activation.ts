/**
 * Elementwise non-linearities and their derivatives.
 *
 * `gelu` is exact, x·Φ(x) (BERT); `gelu-tanh` is the tanh form (GPT-2); arguments of tanh are clamped to ±15 because some
 * GPU drivers overflow inside it.
 */
import type { Builder } from "../builder.ts";
import type { NodeBase, Vjp } from "../operation.ts";
import type { Tensor } from "../tensor.ts";

export type ActivationKind = "gelu" | "gelu-tanh" | "tanh" | "relu";

export type ActivationNode = NodeBase<
  "activation",
  { readonly x: Tensor },
  Record<never, never>,
  { readonly activation: ActivationKind }
>;

export type ActivationGradientNode = NodeBase<
  "activationGradient",
  { readonly dy: Tensor; readonly x: Tensor },
  Record<never, never>,
  { readonly activation: ActivationKind }
>;

/** f(x), [R, N] → [R, N]. */
export function activation(builder: Builder, x: Tensor, kind: ActivationKind, label: string = kind): Tensor {
  return builder.single("activation", { x }, {}, { activation: kind }, { label, rows: x.rows, width: x.width });
}

/** dX = dY · f′(x), from the input of the activation. */
export const activationVjp: Vjp<ActivationNode> = (node, { builder, needs, gradient }) => {
  const dy = gradient(0);
  const { x } = node.inputs;
  if (dy === undefined || !needs(x)) return [];
  const shape = { label: `d ${x.label}`, rows: x.rows, width: x.width };
  return [{ operand: x, gradient: builder.single("activationGradient", { dy, x }, {}, node.attributes, shape) }];
};
