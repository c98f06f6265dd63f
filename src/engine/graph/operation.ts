/** What every operation file provides besides its node type: how its gradient is built. Forward code lives with the executors. */
import type { Builder } from "./builder.ts";
import type { IndexInput, StepInput, Tensor } from "./tensor.ts";

/** Fields every node shares; `op` tells the kinds apart. */
export interface NodeBase<Op extends string, Inputs extends object, Indices extends object, Attributes extends object> {
  readonly id: number;
  readonly op: Op;
  readonly inputs: Inputs;
  readonly indices: Indices;
  readonly attributes: Attributes;
  readonly outputs: readonly Tensor[];
}

/** A gradient that every sequence wrote for itself and that covers only some columns of the operand. */
export interface PartialGradient {
  readonly kind: "partial";
  /** [sequences×P, width of the window] */
  readonly partial: Tensor;
  /** First column of the operand that each `sourceWidth`-wide column block of the partial belongs to. */
  readonly columns: readonly number[];
  readonly blockWidth: number;
  /** Which prompt set each sequence used; absent when there is one set. */
  readonly set?: IndexInput;
}

/** What flows back into one operand. */
export interface Contribution {
  readonly operand: Tensor;
  readonly gradient: Tensor | PartialGradient;
}

/** Where a vector-Jacobian product asks for what it needs. */
export interface BackwardContext {
  readonly builder: Builder;
  /** True when some trained parameter depends on this operand's gradient. */
  needs(operand: Tensor | undefined): operand is Tensor;
  /** Gradient of the loss with respect to output `index`, absent when nothing used that output. */
  gradient(index: number): Tensor | undefined;
}

/** The vector-Jacobian product of a node: contributions for exactly those operands that `context.needs`. */
export type Vjp<Node> = (node: Node, context: BackwardContext) => Contribution[];

/** One of a node's outputs. Throws when the node has no output of that number. */
export function outputAt(outputs: readonly Tensor[], index: number): Tensor {
  const output = outputs[index];
  if (output === undefined)
    throw new Error(`This operation has ${outputs.length} outputs; number ${index} was asked for.`);
  return output;
}

/** Tensors a node reads, in declaration order. */
export function operandsOf(node: { readonly inputs: object }): Tensor[] {
  const values: readonly unknown[] = Object.values(node.inputs);
  return values.flat().filter(isTensor);
}

/** Step inputs a node reads. */
export function stepInputsOf(node: { readonly indices: object }): StepInput[] {
  const values: readonly unknown[] = Object.values(node.indices);
  return values.flat().filter(isStepInput);
}

/** Whether a field of a node is a tensor. */
export function isTensor(value: unknown): value is Tensor {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "tensor";
}

/** Whether a field of a node is a step input. */
export function isStepInput(value: unknown): value is StepInput {
  return (
    typeof value === "object" && value !== null && "kind" in value && (value.kind === "index" || value.kind === "value")
  );
}
