/** Direct views of tensor values on the backends whose memory the host can read: wasm and cpu. Not for webgpu. */
import { backend, getBackend, type Tensor, type TensorInfo } from "@tensorflow/tfjs-core";

interface HeapBackend {
  typedArrayFromHeap(tensor: TensorInfo): unknown;
}

/** Whether the active backend computes at once in memory that the host can read. */
export function isHostBackend(): boolean {
  return getBackend() !== "webgpu";
}

/**
 * The values of an f32 tensor, row-major, without a copy. Use them before the next tensor is made: wasm memory moves when
 * it grows.
 */
export function viewValues(tensor: Tensor): Float32Array {
  const active = backend();
  const values: unknown = hasHeap(active) ? active.typedArrayFromHeap(tensor) : tensor.dataSync();
  if (values instanceof Float32Array) return values;
  throw new Error(`Expected f32 values, got a tensor of ${tensor.dtype}.`);
}

function hasHeap(candidate: object): candidate is HeapBackend {
  return "typedArrayFromHeap" in candidate;
}
