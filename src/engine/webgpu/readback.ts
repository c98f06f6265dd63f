/** Reads ranges of device memory through one staging buffer and one map. */
import type { BufferRange } from "./dispatch.ts";
import { DeviceGoneError } from "./errors.ts";
import type { Runtime } from "./runtime.ts";

/** What reading needs of an executor. */
type ReadRuntime = Pick<Runtime, "device" | "memory">;

/** Copies of ranges on their way to the host. */
export interface PendingRead {
  readonly staging: GPUBuffer;
  readonly sizes: readonly number[];
}

/** Encodes copies of the ranges behind whatever the encoder already holds. */
export function encodeRead(
  { memory }: ReadRuntime,
  encoder: GPUCommandEncoder,
  ranges: readonly BufferRange[],
): PendingRead {
  const sizes = ranges.map((range) => range.size);
  const staging = memory.takeStaging(sizes.reduce((sum, size) => sum + size, 0));
  let at = 0;
  for (const { buffer, offset, size } of ranges) {
    if (size > 0) encoder.copyBufferToBuffer(buffer, offset, staging, at, size);
    at += size;
  }
  return { staging, sizes };
}

/** The values of each range once the device has finished. @throws DeviceGoneError when it never will. */
export async function finishRead(
  { memory, device }: ReadRuntime,
  { staging, sizes }: PendingRead,
): Promise<Float32Array[]> {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let data: ArrayBuffer;
  try {
    data = await memory.readStaging(staging, total);
  } catch (error) {
    device.assertUsable();
    throw new DeviceGoneError(`Reading results failed: ${error instanceof Error ? error.message : String(error)}`);
  }
  let at = 0;
  return sizes.map((size) => new Float32Array(data.slice(at, (at += size))));
}

/** Submits copies of the ranges and reads them. */
export async function readRanges(runtime: ReadRuntime, ranges: readonly BufferRange[]): Promise<Float32Array[]> {
  const { gpu } = runtime.device;
  const encoder = gpu.createCommandEncoder({ label: "read" });
  const pending = encodeRead(runtime, encoder, ranges);
  gpu.queue.submit([encoder.finish({ label: "read" })]);
  return finishRead(runtime, pending);
}
