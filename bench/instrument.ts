/**
 * Counts what a library asks of WebGPU, whatever library it is: the prototypes' methods are wrapped for the length of a
 * measurement and restored after it. Counting and timing are separate, because a wrapper costs time at every call.
 */

/** Calls of one step. */
export interface StepCounts {
  readonly dispatches: number;
  readonly passes: number;
  readonly submits: number;
  readonly bindGroups: number;
  readonly buffers: number;
  readonly pipelines: number;
  /** Bytes the host sent: writeBuffer and buffers mapped at creation. */
  readonly bytesWritten: number;
}

type Counts = { -readonly [Name in keyof StepCounts]: number };
type Method = (...args: unknown[]) => unknown;
type Observer = (args: readonly unknown[]) => void;

const nothing: StepCounts = {
  dispatches: 0,
  passes: 0,
  submits: 0,
  bindGroups: 0,
  buffers: 0,
  pipelines: 0,
  bytesWritten: 0,
};

/** What one run of `body` asks of WebGPU. */
export async function countCalls(body: () => Promise<void>): Promise<StepCounts> {
  const counts: Counts = { ...nothing };
  const restore = [
    observe(GPUComputePassEncoder.prototype, "dispatchWorkgroups", () => counts.dispatches++),
    observe(GPUComputePassEncoder.prototype, "dispatchWorkgroupsIndirect", () => counts.dispatches++),
    observe(GPUCommandEncoder.prototype, "beginComputePass", () => counts.passes++),
    observe(GPUQueue.prototype, "submit", () => counts.submits++),
    observe(GPUQueue.prototype, "writeBuffer", (args) => (counts.bytesWritten += writtenBytes(args))),
    observe(GPUDevice.prototype, "createBindGroup", () => counts.bindGroups++),
    observe(GPUDevice.prototype, "createBuffer", (args) => {
      counts.buffers++;
      counts.bytesWritten += mappedBytes(args);
    }),
    observe(GPUDevice.prototype, "createComputePipeline", () => counts.pipelines++),
    observe(GPUDevice.prototype, "createComputePipelineAsync", () => counts.pipelines++),
  ];
  try {
    await body();
  } finally {
    for (const undo of restore) undo();
  }
  return counts;
}

/**
 * Milliseconds from the start of `body` to the return of its last submit: what a step costs on the host. Libraries that
 * encode in promises are measured as fairly as those that encode at once.
 */
export async function timeEncoding(body: () => Promise<void>): Promise<number> {
  const started = performance.now();
  let last = started;
  const restore = replaceMethod(
    GPUQueue.prototype,
    "submit",
    (submit) =>
      function timed(this: unknown, ...args: unknown[]): unknown {
        const result = Reflect.apply(submit, this, args);
        last = performance.now();
        return result;
      },
  );
  try {
    await body();
  } finally {
    restore();
  }
  return last - started;
}

/** Calls the observer before each call of a method. Returns what puts the method back. */
export function observe(prototype: object, name: string, observer: Observer): () => void {
  return replaceMethod(
    prototype,
    name,
    (original) =>
      function observed(this: unknown, ...args: unknown[]): unknown {
        observer(args);
        return Reflect.apply(original, this, args);
      },
  );
}

/** Puts another method in the place of one. Returns what puts it back. */
export function replaceMethod(prototype: object, name: string, wrap: (original: Method) => Method): () => void {
  const original: unknown = Reflect.get(prototype, name);
  if (!isMethod(original)) throw new Error(`WebGPU has no method ${name} here; this benchmark needs Dawn's bindings.`);
  Object.defineProperty(prototype, name, { value: wrap(original), configurable: true, writable: true });
  return () => Object.defineProperty(prototype, name, { value: original, configurable: true, writable: true });
}

function isMethod(value: unknown): value is Method {
  return typeof value === "function";
}

/** writeBuffer(buffer, offset, data, dataOffset?, size?): offsets and sizes of typed arrays count elements. */
function writtenBytes([, , data, dataOffset, size]: readonly unknown[]): number {
  const unit = data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint32Array ? 4 : 1;
  if (typeof size === "number") return size * unit;
  const whole = data instanceof ArrayBuffer || ArrayBuffer.isView(data) ? data.byteLength : 0;
  return whole - (typeof dataOffset === "number" ? dataOffset * unit : 0);
}

function mappedBytes([descriptor]: readonly unknown[]): number {
  if (typeof descriptor !== "object" || descriptor === null) return 0;
  const { mappedAtCreation, size }: { mappedAtCreation?: unknown; size?: unknown } = descriptor;
  return mappedAtCreation === true && typeof size === "number" ? size : 0;
}
