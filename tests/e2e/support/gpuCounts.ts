/** Counts what the page's worker asks of WebGPU, by wrapping the methods inside the worker while it runs. */
import type { Page, Worker } from "playwright-core";

export interface GpuCounts {
  readonly computePasses: number;
  readonly submits: number;
  readonly buffers: number;
  readonly bindGroups: number;
  readonly pipelines: number;
}

declare global {
  var gpuCounts: { -readonly [Name in keyof GpuCounts]: number };
}

/** The worker that trains. @throws when the page has not exactly one worker */
export function engineWorker(page: Page): Worker {
  const [worker, ...others] = page.workers();
  if (worker === undefined || others.length > 0)
    throw new Error(`Expected one worker, found ${page.workers().length}.`);
  return worker;
}

/** Starts counting from zero. Call once per worker. */
export async function startCounting(worker: Worker): Promise<void> {
  await worker.evaluate(() => {
    globalThis.gpuCounts = { computePasses: 0, submits: 0, buffers: 0, bindGroups: 0, pipelines: 0 };
    const count = (prototype: object, method: string, name: keyof typeof globalThis.gpuCounts) => {
      const original: unknown = Reflect.get(prototype, method);
      if (typeof original !== "function") throw new Error(`WebGPU has no method ${method}.`);
      Reflect.set(prototype, method, function counted(this: unknown, ...values: unknown[]): unknown {
        globalThis.gpuCounts[name] += 1;
        return Reflect.apply(original, this, values);
      });
    };
    count(GPUCommandEncoder.prototype, "beginComputePass", "computePasses");
    count(GPUQueue.prototype, "submit", "submits");
    count(GPUDevice.prototype, "createBuffer", "buffers");
    count(GPUDevice.prototype, "createBindGroup", "bindGroups");
    count(GPUDevice.prototype, "createComputePipeline", "pipelines");
    count(GPUDevice.prototype, "createComputePipelineAsync", "pipelines");
  });
}

export function readCounts(worker: Worker): Promise<GpuCounts> {
  return worker.evaluate(() => ({ ...globalThis.gpuCounts }));
}
