/** Reads tensors and frees them. */
import type { Tensor } from "@tensorflow/tfjs-core";

/** Values on a backend that computes at once (wasm, cpu). */
export function readAllNow(tensors: readonly Tensor[]): Float32Array[] {
  const values = tensors.map((tensor) => floats(tensor.dataSync(), tensor));
  for (const tensor of tensors) tensor.dispose();
  return values;
}

/** Values on any backend. */
export async function readAll(tensors: readonly Tensor[]): Promise<Float32Array[]> {
  try {
    return await Promise.all(tensors.map(async (tensor) => floats(await tensor.data(), tensor)));
  } finally {
    for (const tensor of tensors) tensor.dispose();
  }
}

/** A copy, because the cpu backend hands out the array it works on. */
function floats(values: unknown, { dtype }: Tensor): Float32Array {
  if (values instanceof Float32Array) return values.slice();
  throw new Error(`Expected f32 values, got a tensor of ${dtype}.`);
}
