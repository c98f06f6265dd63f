/**
 * Times every dispatch of a step on the device, whatever library encodes it: each dispatch gets a compute pass of its own
 * with timestamps at its ends. That changes the step's total time, so totals are measured elsewhere, without it.
 */
import { replaceMethod } from "./instrument.ts";

/** One dispatch of a profiled step. */
export interface DispatchTime {
  /** The pipeline's label; the studio's starts with the kernel's name. */
  readonly label: string;
  readonly milliseconds: number;
  /** Bytes of all buffer ranges bound to it: what it moves when it touches every element once. */
  readonly bytes: number;
}

/** Largest count WebGPU allows in a query set. */
const querySetSize = 4096;
const dispatchesPerSet = querySetSize / 2;

/** Made before a library opens its problem, because bind groups are looked at when they are created. */
export class Profiler {
  readonly #bytes = new WeakMap<object, number>();
  readonly #labels = new WeakMap<object, string>();
  readonly #restore: (() => void)[];

  constructor() {
    const remember = (name: string, see: (result: object, descriptor: unknown) => void): (() => void) =>
      replaceMethod(
        GPUDevice.prototype,
        name,
        (original) =>
          function remembered(this: unknown, ...args: unknown[]): unknown {
            const result = Reflect.apply(original, this, args);
            if (result instanceof Promise) void result.then((made: unknown) => isObject(made) && see(made, args[0]));
            else if (isObject(result)) see(result, args[0]);
            return result;
          },
      );
    const label = (pipeline: object, descriptor: unknown): void =>
      void this.#labels.set(pipeline, isObject(descriptor) ? String(Reflect.get(descriptor, "label") ?? "") : "");
    this.#restore = [
      remember("createBindGroup", (group, descriptor) => void this.#bytes.set(group, boundBytes(descriptor))),
      remember("createComputePipeline", label),
      remember("createComputePipelineAsync", label),
    ];
  }

  dispose(): void {
    for (const undo of this.#restore) undo();
  }

  /** The dispatches that `body` makes on the device, in order. @throws when the adapter has no timestamps */
  async profile(body: () => Promise<void>): Promise<DispatchTime[]> {
    const timers = new Map<GPUDevice, Timer>();
    const devices = new WeakMap<object, GPUDevice>();
    const restore = [
      replaceMethod(
        GPUDevice.prototype,
        "createCommandEncoder",
        (original) =>
          function encoderOf(this: GPUDevice, ...args: unknown[]): unknown {
            const encoder = Reflect.apply(original, this, args);
            if (isObject(encoder)) devices.set(encoder, this);
            return encoder;
          },
      ),
    ];
    const timerOf = (encoder: object): Timer => {
      const device = devices.get(encoder);
      if (device === undefined) throw new Error("A command encoder was made before profiling began.");
      const timer = timers.get(device) ?? new Timer(device, (object) => this.#describe(object));
      timers.set(device, timer);
      return timer;
    };
    restore.push(
      replaceMethod(
        GPUCommandEncoder.prototype,
        "beginComputePass",
        (begin) =>
          function separate(this: GPUCommandEncoder): unknown {
            const timer = timerOf(this);
            const beginPass = (descriptor: GPUComputePassDescriptor): unknown =>
              Reflect.apply(begin, this, [descriptor]);
            return new SeparatedPass(timer, beginPass);
          },
      ),
    );
    try {
      await body();
    } finally {
      for (const undo of restore) undo();
    }
    const times = await Promise.all([...timers.values()].map((timer) => timer.read()));
    return times.flat();
  }

  #describe(object: object): { label: string; bytes: number } {
    return { label: this.#labels.get(object) ?? "", bytes: this.#bytes.get(object) ?? 0 };
  }
}

type Describe = (object: object) => { label: string; bytes: number };

/** Stands in for a compute pass and opens a real one around every dispatch. */
class SeparatedPass {
  readonly #timer: Timer;
  readonly #begin: (descriptor: GPUComputePassDescriptor) => unknown;
  readonly #groups = new Map<number, readonly unknown[]>();
  #pipeline: GPUComputePipeline | undefined;

  constructor(timer: Timer, begin: (descriptor: GPUComputePassDescriptor) => unknown) {
    this.#timer = timer;
    this.#begin = begin;
  }

  setPipeline(pipeline: GPUComputePipeline): void {
    this.#pipeline = pipeline;
  }

  setBindGroup(index: number, ...rest: readonly unknown[]): void {
    this.#groups.set(index, rest);
  }

  dispatchWorkgroups(...counts: readonly number[]): void {
    if (this.#pipeline === undefined) throw new Error("A dispatch came before its pipeline.");
    const groups = [...this.#groups.values()].map(([group]) => group).filter(isObject);
    const pass = this.#begin({ timestampWrites: this.#timer.writesFor(this.#pipeline, groups) });
    if (!(pass instanceof GPUComputePassEncoder)) throw new Error("Dawn gave no compute pass.");
    pass.setPipeline(this.#pipeline);
    for (const [index, rest] of this.#groups) Reflect.apply(pass.setBindGroup, pass, [index, ...rest]);
    Reflect.apply(pass.dispatchWorkgroups, pass, counts);
    pass.end();
  }

  end(): void {
    this.#pipeline = undefined;
  }
}

/** The timestamps of one device. */
class Timer {
  readonly #device: GPUDevice;
  readonly #describe: Describe;
  readonly #sets: GPUQuerySet[] = [];
  readonly #entries: { label: string; bytes: number }[] = [];

  constructor(device: GPUDevice, describe: Describe) {
    if (!device.features.has("timestamp-query"))
      throw new Error("This adapter has no timestamps; it cannot be profiled.");
    this.#device = device;
    this.#describe = describe;
  }

  writesFor(pipeline: object, groups: readonly object[]): GPUComputePassTimestampWrites {
    const place = this.#entries.length;
    const bytes = groups.reduce((sum, group) => sum + this.#describe(group).bytes, 0);
    this.#entries.push({ label: this.#describe(pipeline).label, bytes });
    const index = 2 * (place % dispatchesPerSet);
    if (index === 0) this.#sets.push(this.#device.createQuerySet({ type: "timestamp", count: querySetSize }));
    const querySet = this.#sets.at(-1);
    if (querySet === undefined) throw new Error("A query set is made above.");
    return { querySet, beginningOfPassWriteIndex: index, endOfPassWriteIndex: index + 1 };
  }

  async read(): Promise<DispatchTime[]> {
    const stamps = await Promise.all(this.#sets.map((set) => this.#readSet(set)));
    return this.#entries.map(({ label, bytes }, place) => {
      const set = stamps[Math.floor(place / dispatchesPerSet)];
      const index = 2 * (place % dispatchesPerSet);
      const [begin = 0n, end = 0n] = set?.subarray(index, index + 2) ?? [];
      return { label, bytes, milliseconds: Number(end - begin) / 1e6 };
    });
  }

  async #readSet(set: GPUQuerySet): Promise<BigUint64Array> {
    const size = querySetSize * 8;
    const resolved = this.#device.createBuffer({ size, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
    const staging = this.#device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const encoder = this.#device.createCommandEncoder();
    encoder.resolveQuerySet(set, 0, querySetSize, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, size);
    this.#device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const values = new BigUint64Array(staging.getMappedRange().slice(0));
    for (const resource of [set, resolved, staging]) resource.destroy();
    return values;
  }
}

/** Bytes of a bind group's buffers, whole where no size is given. */
function boundBytes(descriptor: unknown): number {
  const entries: unknown = isObject(descriptor) ? Reflect.get(descriptor, "entries") : [];
  if (!Array.isArray(entries)) return 0;
  return entries.reduce((sum: number, entry: { readonly resource?: unknown }) => {
    const { buffer, offset = 0, size }: Partial<GPUBufferBinding> = isObject(entry.resource) ? entry.resource : {};
    return sum + (size ?? (buffer?.size ?? 0) - offset);
  }, 0);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
