/** Reading and filling a twin's tensors value by value. */
import type { Tensor } from "../../../src/engine/graph/tensor.ts";
import type { Twin } from "./twin.ts";

export function at(twin: Twin, tensor: Tensor, i: number): number {
  return twin.tensor(tensor)[i] ?? Number.NaN;
}

export function fill(twin: Twin, [output]: readonly Tensor[], value: (i: number) => number): Float64Array {
  return Float64Array.from({ length: output === undefined ? 0 : twin.rows(output) * output.width }, (_, i) => value(i));
}
