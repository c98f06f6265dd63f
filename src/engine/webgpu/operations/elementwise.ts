/** Operations that treat every element alike: sums of two tensors, non-linearities and their derivatives. */
import type { ActivationKind } from "../../graph/operations/activation.ts";
import { countRows, type Tensor } from "../../graph/tensor.ts";
import { dispatch, perElement, read, write, type Dispatch } from "../dispatch.ts";
import { kernels, type Kernel } from "../kernels/index.ts";
import { outputOf, type Lowering, type LoweringContext } from "./lowering.ts";

export const lowerAdd: Lowering<"add"> = (node, context) => [
  elementwise(kernels.add, [node.inputs.a, node.inputs.b], outputOf(node), context),
];

export const lowerActivation: Lowering<"activation"> = (node, context) => [
  elementwise(
    kernels.activation,
    [node.inputs.x],
    outputOf(node),
    context,
    activationConstants(node.attributes.activation),
  ),
];

export const lowerActivationGradient: Lowering<"activationGradient"> = (node, context) => {
  const { dy, x } = node.inputs;
  const constants = activationConstants(node.attributes.activation);
  return [elementwise(kernels.activationGradient, [dy, x], outputOf(node), context, constants)];
};

/** As many numbers as `shape` has, from number `first` of x on, to number `to` of y on. */
export function copyOf(
  x: Tensor,
  y: Tensor,
  { shape = y, first = 0, to = 0 }: { readonly shape?: Tensor; readonly first?: number; readonly to?: number } = {},
): Dispatch {
  return dispatch({
    label: y.label,
    kernel: kernels.copy,
    uniforms: { rows: shape.rows, width: shape.width, first, to },
    bindings: [read(x), write(y)],
    groups: perElement(shape.rows, shape.width),
  });
}

function elementwise(
  kernel: Kernel,
  operands: readonly Tensor[],
  y: Tensor,
  { capacities }: Pick<LoweringContext, "capacities">,
  constants: Readonly<Record<string, number>> = {},
): Dispatch {
  return dispatch({
    label: y.label,
    kernel,
    constants,
    uniforms: { rows: y.rows, width: y.width },
    bindings: [...operands.map((operand) => read(operand)), write(y)],
    groups: perElement(y.rows, y.width),
    flops: countRows(y.rows, capacities) * y.width,
  });
}

/** The kernels tell activations apart by number. */
export function activationNumber(kind: ActivationKind): number {
  switch (kind) {
    case "gelu":
      return 0;
    case "gelu-tanh":
      return 1;
    case "tanh":
      return 2;
    case "relu":
      return 3;
    default:
      return kind satisfies never;
  }
}

function activationConstants(kind: ActivationKind): Readonly<Record<string, number>> {
  return { kind: activationNumber(kind) };
}
