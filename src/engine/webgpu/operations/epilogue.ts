/**
 * What a matrix product may do to its results before it stores them, so that they need not be read and written again.
 * Says what; the shader `matmulEpilogue.wgsl` does it.
 */
import type { ActivationKind } from "../../graph/operations/activation.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { read, write, type Binding } from "../dispatch.ts";
import { activationNumber } from "./elementwise.ts";

/** Steps behind y = op(a) · op(b), applied in this order. All tensors but the bias [1, N] have the shape of y. */
export interface Epilogue {
  /** y ← y + bias, to every row. */
  readonly bias?: Tensor;
  /** y ← f(y). The value before it is stored as well where the backward pass reads it. */
  readonly activation?: { readonly kind: ActivationKind; readonly preActivation?: Tensor };
  /** y ← y + residual. */
  readonly residual?: Tensor;
  /** y ← y ⊙ f′(preActivation): the way back through an activation. */
  readonly derivative?: { readonly kind: ActivationKind; readonly preActivation: Tensor };
}

/** Constants of `matmulEpilogue.wgsl`. Activations are numbered from 1; 0 is none. */
export function epilogueConstants({ bias, activation, residual, derivative }: Epilogue): Record<string, number> {
  return {
    hasBias: Number(bias !== undefined),
    activation: numberOf(activation?.kind),
    hasResidual: Number(residual !== undefined),
    derivative: numberOf(derivative?.kind),
  };
}

/**
 * Bindings of `matmulEpilogue.wgsl`: bias, residual, pre-activations to read, y, and, where they are kept, pre-activations
 * to write. A binding must name something: an absent operand binds `standIn`, which is not read through it.
 */
export function epilogueBindings(epilogue: Epilogue, y: Tensor, standIn: Tensor): Binding[] {
  const { bias, activation, residual, derivative } = epilogue;
  const kept = activation?.preActivation;
  return [
    read(bias ?? standIn),
    read(residual ?? standIn),
    read(derivative?.preActivation ?? standIn),
    write(y),
    ...(kept === undefined ? [] : [write(kept)]),
  ];
}

function numberOf(kind: ActivationKind | undefined): number {
  return kind === undefined ? 0 : 1 + activationNumber(kind);
}
