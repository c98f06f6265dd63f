/** Where the operands of an attention stand in row-major arrays, or where their gradients are added. */
import type { AttentionNode } from "../../graph/operations/attention.ts";
import type { Tensor } from "../../graph/tensor.ts";

/** Head h of row r begins at r · stride + first + h · d. */
export interface OperandPlace {
  readonly values: Float32Array;
  readonly stride: number;
  readonly first: number;
}

export interface OperandPlaces {
  readonly q: OperandPlace;
  readonly k: OperandPlace;
  readonly v: OperandPlace;
  /** Keys and values of the prompt; nothing is read of them without one. */
  readonly promptKeys: OperandPlace;
  readonly promptValues: OperandPlace;
}

/** `valuesOf` gives the array of a tensor; several operands may be columns of one. */
export function operandPlaces(
  { inputs, attributes }: AttentionNode,
  valuesOf: (tensor: Tensor) => Float32Array,
): OperandPlaces {
  const { first, keyColumn, valueColumn } = attributes;
  const place = (tensor: Tensor, column: number): OperandPlace => ({
    values: valuesOf(tensor),
    stride: tensor.width,
    first: column,
  });
  const prompt = inputs.prompt ?? inputs.k;
  return {
    q: place(inputs.q, first.q),
    k: place(inputs.k, first.k),
    v: place(inputs.v, first.v),
    promptKeys: place(prompt, keyColumn),
    promptValues: place(prompt, valueColumn),
  };
}
