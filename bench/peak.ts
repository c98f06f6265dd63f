/**
 * Measures what the adapter can do at most: f32 multiply-adds on registers and a plain copy. Measured and not looked up,
 * because no table knows a software adapter or a laptop's clock.
 */
import copyCode from "./kernels/copy.wgsl?raw";
import fmaCode from "./kernels/fma.wgsl?raw";

export interface Peak {
  /** 10⁹ floating-point operations per second. */
  readonly gflops: number;
  /** 10⁹ bytes per second, read and written. */
  readonly gigabytes: number;
}

/** Operations of one thread and round of fma.wgsl. */
const roundFlops = 64;
const vectorBytes = 16;
const workgroup = 64;
const repeats = 20;

/** Work of one run: some milliseconds each, short on software so that a busy machine leaves one of them alone. */
const sizes = {
  software: { threads: 1024, rounds: 64, copiedBytes: 2 ** 20 },
  hardware: { threads: 2 ** 18, rounds: 2 ** 14, copiedBytes: 2 ** 29 },
} as const;
type Size = (typeof sizes)[keyof typeof sizes];

export async function measurePeak(device: GPUDevice, software: boolean): Promise<Peak> {
  const size = software ? sizes.software : sizes.hardware;
  return { gflops: await multiplyRate(device, size), gigabytes: await copyRate(device, size) };
}

async function multiplyRate(device: GPUDevice, { threads, rounds }: Size): Promise<number> {
  const pipeline = await compile(device, fmaCode, { rounds });
  const result = storage(device, threads * vectorBytes);
  const seconds = await bestSeconds(device, pipeline, [result], threads / workgroup);
  result.destroy();
  return (threads * rounds * roundFlops) / seconds / 1e9;
}

async function copyRate(device: GPUDevice, { threads, copiedBytes }: Size): Promise<number> {
  const bytes = Math.min(copiedBytes, device.limits.maxStorageBufferBindingSize);
  const pipeline = await compile(device, copyCode, { threads });
  const buffers = [storage(device, bytes), storage(device, bytes)];
  const seconds = await bestSeconds(device, pipeline, buffers, threads / workgroup);
  for (const buffer of buffers) buffer.destroy();
  return (2 * bytes) / seconds / 1e9;
}

function storage(device: GPUDevice, size: number): GPUBuffer {
  return device.createBuffer({ size, usage: GPUBufferUsage.STORAGE });
}

function compile(device: GPUDevice, code: string, constants: Record<string, number>): Promise<GPUComputePipeline> {
  const module = device.createShaderModule({ code });
  return device.createComputePipelineAsync({ layout: "auto", compute: { module, entryPoint: "main", constants } });
}

/** The fastest of several runs, in seconds, from submit until the queue is done. */
async function bestSeconds(
  device: GPUDevice,
  pipeline: GPUComputePipeline,
  buffers: readonly GPUBuffer[],
  groups: number,
): Promise<number> {
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
  const bindings = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  let best = Infinity;
  for (let run = 0; run < repeats; run++) {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindings);
    pass.dispatchWorkgroups(groups);
    pass.end();
    const commands = encoder.finish();
    const started = performance.now();
    device.queue.submit([commands]);
    await device.queue.onSubmittedWorkDone();
    best = Math.min(best, (performance.now() - started) / 1000);
  }
  return best;
}
