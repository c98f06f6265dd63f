/** Operations whose gradient is given by hand, because TensorFlow.js lacks the kernel or would compute more than is needed. */
import { customGrad, type Tensor } from "@tensorflow/tfjs-core";

export interface Differentiable {
  readonly value: Tensor;
  /** What the gradient reads again; everything else made in the forward pass is gone by then. */
  readonly saved: readonly Tensor[];
  /** Gradients of the operands, in their order, from dY and the saved tensors. */
  readonly gradients: (dy: Tensor, saved: readonly Tensor[]) => Tensor[];
}

/** Runs `compute` as one operation that differentiates with respect to `operands`; there may be none of them. */
export function withGradient(operands: readonly Tensor[], compute: () => Differentiable): Tensor {
  if (operands.length === 0) return compute().value;
  const operation = customGrad<Tensor>((...received) => {
    const { value, saved, gradients } = compute();
    const save = received.at(-1);
    if (typeof save === "function") save([...saved]);
    return { value, gradFunc: (dy, kept) => gradients(dy, kept) };
  });
  return operation(...operands);
}

/** The saved tensor at a place. @throws when fewer were saved. */
export function savedAt(saved: readonly Tensor[], index: number): Tensor {
  const tensor = saved[index];
  if (tensor === undefined)
    throw new Error(`The gradient reads saved tensor ${index}; only ${saved.length} were saved.`);
  return tensor;
}
