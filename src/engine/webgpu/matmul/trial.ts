/**
 * Dispatches on buffers of their own, outside any plan: for choosing kernels, for measuring them and for testing them one by
 * one. Not for training: nothing shares memory here.
 */
import type { RowCounts, Tensor } from "../../graph/tensor.ts";
import { tensorBytes, tensorsOf } from "../arena.ts";
import { BufferUsage, MAP_READ } from "../constants.ts";
import type { Dispatch } from "../dispatch.ts";
import { buildProgram, type Program } from "../program.ts";
import { readRanges } from "../readback.ts";
import type { Runtime } from "../runtime.ts";

type TrialRuntime = Pick<Runtime, "device" | "memory" | "pipelines">;

export class Trial {
  readonly #runtime: TrialRuntime;
  readonly #program: Program;
  readonly #buffers: ReadonlyMap<Tensor, GPUBuffer>;

  private constructor(runtime: TrialRuntime, program: Program, buffers: ReadonlyMap<Tensor, GPUBuffer>) {
    this.#runtime = runtime;
    this.#program = program;
    this.#buffers = buffers;
  }

  /** Gives every tensor a zeroed buffer, for these row counts, and compiles the dispatches. */
  static async create(runtime: TrialRuntime, dispatches: readonly Dispatch[], counts: RowCounts): Promise<Trial> {
    const { STORAGE, COPY_SRC, COPY_DST } = BufferUsage;
    const tensors = new Set(dispatches.flatMap((each) => [...tensorsOf(each, "read"), ...tensorsOf(each, "write")]));
    const usage = STORAGE | COPY_SRC | COPY_DST;
    const buffers = runtime.memory.together(() => {
      const bufferFor = (tensor: Tensor): GPUBuffer =>
        runtime.memory.create(`trial: ${tensor.label}`, tensorBytes(tensor, counts), usage);
      return new Map([...tensors].map((tensor) => [tensor, bufferFor(tensor)]));
    });
    const resolve = (tensor: Tensor) => rangeOf(buffers, tensor);
    const request = { label: "trial", dispatches, capacities: counts, resolve, settingsWords: 0 };
    try {
      await runtime.memory.checkRoom();
      const trial = new Trial(runtime, await buildProgram(runtime, request), buffers);
      trial.setCounts(counts);
      return trial;
    } catch (error) {
      for (const buffer of buffers.values()) runtime.memory.release(buffer);
      throw error;
    }
  }

  write(tensor: Tensor, values: Float32Array | Uint16Array): void {
    const { buffer } = rangeOf(this.#buffers, tensor);
    this.#runtime.device.gpu.queue.writeBuffer(buffer, 0, values.buffer, values.byteOffset, values.byteLength);
  }

  /** Runs with other row counts from now on, at most those it was created with. */
  setCounts(counts: RowCounts): void {
    this.#program.pack({ counts, indices: {}, values: {} });
    this.#program.upload();
  }

  run(): void {
    const { gpu } = this.#runtime.device;
    const encoder = gpu.createCommandEncoder({ label: "trial" });
    this.#program.encode(encoder);
    gpu.queue.submit([encoder.finish()]);
  }

  /** A tensor as it is after the last run, at full capacity. */
  async read(tensor: Tensor): Promise<Float32Array> {
    const [values = new Float32Array(0)] = await readRanges(this.#runtime, [rangeOf(this.#buffers, tensor)]);
    return values;
  }

  /**
   * Milliseconds of one run, from `repetitions` in a row: by the device's clock where it has one, else by the host's.
   */
  async measure(repetitions: number): Promise<number> {
    const { gpu } = this.#runtime.device;
    const clock = gpu.features.has("timestamp-query") ? new DeviceClock(gpu) : undefined;
    try {
      await gpu.queue.onSubmittedWorkDone();
      const started = performance.now();
      const encoder = gpu.createCommandEncoder({ label: "trial" });
      clock?.start(encoder);
      for (let i = 0; i < repetitions; i++) this.#program.encode(encoder);
      clock?.stop(encoder);
      gpu.queue.submit([encoder.finish()]);
      await gpu.queue.onSubmittedWorkDone();
      const host = performance.now() - started;
      const device = (await clock?.milliseconds()) ?? 0;
      return (device > 0 ? device : host) / repetitions;
    } finally {
      clock?.dispose();
    }
  }

  dispose(): void {
    for (const buffer of [...this.#buffers.values(), this.#program.stepBuffer]) this.#runtime.memory.release(buffer);
  }
}

/** Two timestamps around everything between `start` and `stop`. */
class DeviceClock {
  readonly #queries: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #mapped: GPUBuffer;

  constructor(gpu: GPUDevice) {
    const { COPY_SRC, COPY_DST, QUERY_RESOLVE } = BufferUsage;
    this.#queries = gpu.createQuerySet({ type: "timestamp", count: 2 });
    this.#resolved = gpu.createBuffer({ size: 16, usage: QUERY_RESOLVE | COPY_SRC });
    this.#mapped = gpu.createBuffer({ size: 16, usage: BufferUsage.MAP_READ | COPY_DST });
  }

  /** An empty pass marks the moment: passes run in order. */
  start(encoder: GPUCommandEncoder): void {
    const timestampWrites = { querySet: this.#queries, endOfPassWriteIndex: 0 };
    encoder.beginComputePass({ timestampWrites }).end();
  }

  stop(encoder: GPUCommandEncoder): void {
    const timestampWrites = { querySet: this.#queries, beginningOfPassWriteIndex: 1 };
    encoder.beginComputePass({ timestampWrites }).end();
    encoder.resolveQuerySet(this.#queries, 0, 2, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, this.#mapped, 0, 16);
  }

  /** 0 where the clock is too coarse or its marks came out of order. */
  async milliseconds(): Promise<number> {
    await this.#mapped.mapAsync(MAP_READ);
    const [start = 0n, end = 0n] = new BigInt64Array(this.#mapped.getMappedRange());
    this.#mapped.unmap();
    return Math.max(0, Number(end - start) / 1e6);
  }

  dispose(): void {
    this.#queries.destroy();
    this.#resolved.destroy();
    this.#mapped.destroy();
  }
}

function rangeOf(buffers: ReadonlyMap<Tensor, GPUBuffer>, tensor: Tensor) {
  const buffer = buffers.get(tensor);
  if (buffer === undefined) throw new Error(`"${tensor.label}" is no tensor of this trial.`);
  return { buffer, offset: 0, size: buffer.size };
}
