/**
 * Weights on the device. Frozen weights lie in a few read-only buffers; trained ones in flat chunks, each a set of four
 * parallel buffers (values, gradients, first and second moments), so that one dispatch updates a whole chunk.
 */
import type { ParameterShape, ParameterStore, TrainedState } from "../executor.ts";
import { ALIGNMENT, alignUp, BufferUsage } from "./constants.ts";
import type { BufferRange } from "./dispatch.ts";
import { DeviceGoneError } from "./errors.ts";
import { readRanges } from "./readback.ts";
import type { Runtime } from "./runtime.ts";

/** Buffers of one stretch of the flat space of trained parameters. */
export interface Chunk {
  readonly floats: number;
  readonly values: GPUBuffer;
  readonly gradients: GPUBuffer;
  readonly firstMoments: GPUBuffer;
  readonly secondMoments: GPUBuffer;
}

export interface TrainedPlace {
  readonly shape: ParameterShape;
  readonly chunk: Chunk;
  readonly offset: number;
  readonly size: number;
}

type ChunkPart = "values" | "gradients" | "firstMoments" | "secondMoments";

export class WebGpuParameters implements ParameterStore {
  readonly shapes: readonly ParameterShape[];
  readonly chunks: readonly Chunk[];
  readonly trained: ReadonlyMap<string, TrainedPlace>;
  /** Updates made so far, for the bias correction. A skipped update counts. */
  updates = 0;
  readonly #runtime: Runtime;
  readonly #frozen: ReadonlyMap<string, BufferRange>;
  readonly #buffers: readonly GPUBuffer[];
  #disposed = false;

  constructor(runtime: Runtime, shapes: readonly ParameterShape[], values: ReadonlyMap<string, Float32Array>) {
    for (const shape of shapes) checkValue(shape, values.get(shape.name));
    this.#runtime = runtime;
    this.shapes = shapes;
    const frozen = placeFrozen(
      runtime,
      shapes.filter((shape) => shape.group === undefined),
    );
    const trained = placeTrained(
      runtime,
      shapes.filter((shape) => shape.group !== undefined),
    );
    this.#frozen = frozen.places;
    this.chunks = trained.chunks;
    this.trained = trained.places;
    this.#buffers = [...frozen.buffers, ...trained.chunks.flatMap(chunkBuffers)];
    for (const [name, range] of this.#frozen) this.#write(range, values.get(name));
    for (const [name, place] of this.trained) this.#write(partRange(place, "values"), values.get(name));
  }

  /** Where a parameter's values lie. @throws when it is unknown or has another shape. */
  range(name: string, rows: number, width: number): BufferRange {
    this.assertUsable();
    const shape = this.shapes.find((candidate) => candidate.name === name);
    if (shape === undefined)
      throw new Error(`The graph uses a parameter "${name}" that the parameter store does not have.`);
    if (shape.rows !== rows || shape.width !== width) {
      throw new Error(
        `The graph uses "${name}" as [${rows}, ${width}]; the store holds [${shape.rows}, ${shape.width}].`,
      );
    }
    const place = this.trained.get(name);
    const range = place === undefined ? this.#frozen.get(name) : partRange(place, "values");
    if (range === undefined) throw new Error(`"${name}" has no place in memory.`);
    return range;
  }

  /** Where a trained parameter's gradient lies. @throws when the store holds it as frozen. */
  gradientRange(name: string): BufferRange {
    const place = this.trained.get(name);
    if (place === undefined) {
      throw new Error(
        `The graph trains "${name}", but the store holds it as frozen. Give its shape an optimizer group.`,
      );
    }
    return partRange(place, "gradients");
  }

  async readTrained(): Promise<Map<string, Float32Array>> {
    return this.#read(["values"]).then((parts) => parts.values);
  }

  /** Gradients of the named parameters as the last step left them. */
  async readGradients(names: Iterable<string>): Promise<Map<string, Float32Array>> {
    const { gradients } = await this.#read(["gradients"]);
    const wanted = new Set(names);
    return new Map([...gradients].filter(([name]) => wanted.has(name)));
  }

  async readState(): Promise<TrainedState> {
    const { updates } = this;
    const { values, firstMoments, secondMoments } = await this.#read(["values", "firstMoments", "secondMoments"]);
    return { values, firstMoments, secondMoments, updates };
  }

  writeState(state: Pick<TrainedState, "values"> & Partial<TrainedState>): void {
    this.assertUsable();
    const parts = { values: state.values, firstMoments: state.firstMoments, secondMoments: state.secondMoments };
    for (const [part, given] of Object.entries(parts)) if (given !== undefined) this.#checkState(part, given);
    for (const [name, place] of this.trained) {
      this.#write(partRange(place, "values"), state.values.get(name));
      if (state.firstMoments) this.#write(partRange(place, "firstMoments"), state.firstMoments.get(name));
      if (state.secondMoments) this.#write(partRange(place, "secondMoments"), state.secondMoments.get(name));
    }
    this.updates = state.updates ?? this.updates;
  }

  assertUsable(): void {
    this.#runtime.device.assertUsable();
    if (this.#disposed) throw new DeviceGoneError("These parameters were disposed.");
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const buffer of this.#buffers) this.#runtime.memory.release(buffer);
  }

  #write(range: BufferRange, values: Float32Array | undefined): void {
    if (values === undefined) return;
    const { queue } = this.#runtime.device.gpu;
    queue.writeBuffer(range.buffer, range.offset, values.buffer, values.byteOffset, values.byteLength);
  }

  #checkState(part: string, given: ReadonlyMap<string, Float32Array>): void {
    for (const { shape } of this.trained.values()) checkValue(shape, given.get(shape.name), ` of ${part}`);
    for (const name of given.keys()) {
      if (!this.trained.has(name))
        throw new Error(`The state holds ${part} of "${name}", which is not a trained parameter here.`);
    }
  }

  async #read<Part extends ChunkPart>(parts: readonly Part[]): Promise<Record<Part, Map<string, Float32Array>>> {
    this.assertUsable();
    const places = [...this.trained.values()];
    const ranges = parts.flatMap((part) => places.map((place) => partRange(place, part)));
    const data = await readRanges(this.#runtime, ranges);
    const maps = parts.map((part, p) => {
      const entries = places.map(
        ({ shape }, i) => [shape.name, data[p * places.length + i] ?? new Float32Array(0)] as const,
      );
      return [part, new Map(entries)] as const;
    });
    return fromEntries(maps);
  }
}

function fromEntries<Key extends string, Value>(entries: readonly (readonly [Key, Value])[]): Record<Key, Value>;
function fromEntries(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries(entries);
}

function partRange({ chunk, offset, size }: TrainedPlace, part: ChunkPart): BufferRange {
  return { buffer: chunk[part], offset, size };
}

function chunkBuffers({ values, gradients, firstMoments, secondMoments }: Chunk): GPUBuffer[] {
  return [values, gradients, firstMoments, secondMoments];
}

function checkValue(shape: ParameterShape, value: Float32Array | undefined, what = ""): void {
  const expected = shape.rows * shape.width;
  if (value === undefined) throw new Error(`Values${what} for the parameter "${shape.name}" are missing.`);
  if (value.length === expected) return;
  throw new Error(
    `The parameter "${shape.name}" [${shape.rows}, ${shape.width}] needs ${expected} values${what}, got ${value.length}.`,
  );
}

/** Splits shapes into runs whose aligned bytes fit one binding. */
function splitRuns(
  runtime: Runtime,
  shapes: readonly ParameterShape[],
): { bytes: number; members: [ParameterShape, number][] }[] {
  const { maxStorageBufferBindingSize, maxBufferSize } = runtime.device.gpu.limits;
  const limit = Math.min(maxStorageBufferBindingSize, maxBufferSize);
  const runs: { bytes: number; members: [ParameterShape, number][] }[] = [];
  for (const shape of shapes) {
    const size = alignUp(shape.rows * shape.width * 4, ALIGNMENT);
    if (size > limit)
      throw new Error(`The parameter "${shape.name}" has ${size} bytes; this device binds at most ${limit}.`);
    let run = runs.at(-1);
    if (run === undefined || run.bytes + size > limit) runs.push((run = { bytes: 0, members: [] }));
    run.members.push([shape, run.bytes]);
    run.bytes += size;
  }
  return runs;
}

function placeFrozen(
  runtime: Runtime,
  shapes: readonly ParameterShape[],
): { buffers: GPUBuffer[]; places: Map<string, BufferRange> } {
  const { STORAGE, COPY_SRC, COPY_DST } = BufferUsage;
  const places = new Map<string, BufferRange>();
  const buffers = splitRuns(runtime, shapes).map(({ bytes, members }, i) => {
    const buffer = runtime.memory.create(`frozen weights ${i}`, bytes, STORAGE | COPY_SRC | COPY_DST);
    for (const [shape, offset] of members)
      places.set(shape.name, { buffer, offset, size: shape.rows * shape.width * 4 });
    return buffer;
  });
  return { buffers, places };
}

function placeTrained(
  runtime: Runtime,
  shapes: readonly ParameterShape[],
): { chunks: Chunk[]; places: Map<string, TrainedPlace> } {
  const places = new Map<string, TrainedPlace>();
  const chunks = splitRuns(runtime, shapes).map(({ bytes, members }, i) => {
    const chunk = createChunk(runtime, bytes, i);
    for (const [shape, offset] of members)
      places.set(shape.name, { shape, chunk, offset, size: shape.rows * shape.width * 4 });
    return chunk;
  });
  return { chunks, places };
}

function createChunk({ memory }: Runtime, bytes: number, index: number): Chunk {
  const usage = BufferUsage.STORAGE | BufferUsage.COPY_SRC | BufferUsage.COPY_DST;
  return {
    floats: bytes / 4,
    values: memory.create(`trained values ${index}`, bytes, usage),
    gradients: memory.create(`gradients ${index}`, bytes, usage),
    firstMoments: memory.create(`first moments ${index}`, bytes, usage),
    secondMoments: memory.create(`second moments ${index}`, bytes, usage),
  };
}
