/** The software GPU that every kernel test stands on: it exists, computes, and tells what it is. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requestDawnAdapter } from "../setup/dawn.ts";

const DOUBLE_EVERY_VALUE = /* wgsl */ `
@group(0) @binding(0) var<storage, read_write> values: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < arrayLength(&values)) {
    values[id.x] = 2.0 * values[id.x];
  }
}`;

describe("Dawn in Node", () => {
  let device: GPUDevice;

  beforeAll(async () => {
    const adapter = await requestDawnAdapter();
    console.info(`Dawn adapter: ${adapter.info.vendor} ${adapter.info.architecture} ${adapter.info.description}`);
    device = await adapter.requestDevice();
  });

  afterAll(() => device.destroy());

  it("runs a compute shader over a size that is no multiple of the workgroup", async () => {
    const input = Float32Array.from({ length: 65 }, (_, index) => index - 30);
    const values = device.createBuffer({
      size: input.byteLength,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    const readback = device.createBuffer({
      size: input.byteLength,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    device.queue.writeBuffer(values, 0, input);
    const module = device.createShaderModule({ code: DOUBLE_EVERY_VALUE });
    const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module } });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(
      0,
      device.createBindGroup({
        layout: pipeline.getBindGroupLayout(0),
        entries: [{ binding: 0, resource: { buffer: values } }],
      }),
    );
    pass.dispatchWorkgroups(2);
    pass.end();
    encoder.copyBufferToBuffer(values, 0, readback, 0, input.byteLength);
    device.queue.submit([encoder.finish()]);
    await readback.mapAsync(GPUMapMode.READ);
    expect(new Float32Array(readback.getMappedRange())).toEqual(input.map((value) => 2 * value));
  });
});
