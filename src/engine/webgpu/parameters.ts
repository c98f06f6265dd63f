/**
 * Weights on the device. Frozen weights lie in a few read-only buffers; trained ones in flat chunks, each a set of four
 * parallel buffers (values, gradients, first and second moments), so that one dispatch updates a whole chunk. Frozen
 * matrices may be stored in half precision, two values to a word. Matrices that no binding covers are kept in parts, which
 * plans see (`split`) and the outside does not.
 */
import { halvesFromFloats } from "../../lib/halfPrecision.ts";
import { checkRows, type ParameterShape, type ParameterStore, type TrainedState } from "../executor.ts";
import type { Graph } from "../graph/graph.ts";
import type { MatrixPart } from "../graph/rowParts.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { BufferRange } from "./dispatch.ts";
import { DeviceGoneError } from "./errors.ts";
import {
  namesOfHalves,
  partsByName,
  placeFrozen,
  placeTrained,
  splitByParts,
  type Chunk,
  type TrainedPlace,
} from "./placement.ts";
import { readRanges } from "./readback.ts";
import type { Runtime } from "./runtime.ts";

type ChunkPart = "values" | "gradients" | "firstMoments" | "secondMoments";

export class WebGpuParameters implements ParameterStore {
  readonly shapes: readonly ParameterShape[];
  readonly chunks: readonly Chunk[];
  /** Trained matrices and parts of such by name. */
  readonly trained: ReadonlyMap<string, TrainedPlace>;
  /** Updates made so far, for the bias correction. A skipped update counts. */
  updates = 0;
  readonly #runtime: Runtime;
  /** What every parameter consists of: itself, or parts by rows. */
  readonly #parts: ReadonlyMap<string, readonly MatrixPart[]>;
  readonly #frozen: ReadonlyMap<string, BufferRange>;
  /** Names of the frozen matrices, and parts of such, that are stored in half precision. */
  readonly #halves: ReadonlySet<string>;
  readonly #buffers: readonly GPUBuffer[];
  #disposed = false;

  constructor(runtime: Runtime, shapes: readonly ParameterShape[], values: ReadonlyMap<string, Float32Array>) {
    for (const shape of shapes) checkValue(shape, values.get(shape.name));
    this.#runtime = runtime;
    this.shapes = shapes;
    const isFrozen = ({ group }: ParameterShape): boolean => group === undefined;
    const halves = namesOfHalves(shapes.filter(isFrozen), values);
    this.#parts = partsByName(shapes, ({ name }) => halves.has(name), runtime.device.bindingBytes);
    this.#halves = new Set([...halves].flatMap((name) => this.#partsOf(name).map(({ shape }) => shape.name)));
    const placed = [...this.#parts.values()].flat().map(({ shape }) => shape);
    const frozen = placeFrozen(runtime, placed.filter(isFrozen), this.#halves);
    const trained = placeTrained(
      runtime,
      placed.filter((shape) => !isFrozen(shape)),
    );
    this.#frozen = frozen.places;
    this.chunks = trained.chunks;
    this.trained = trained.places;
    this.#buffers = [...frozen.buffers, ...trained.chunks.flatMap(chunkBuffers)];
    this.#writeAll(values);
  }

  /** A graph as plans compile it: over the parts of the matrices that no binding covers. @throws when a node cannot be. */
  split(graph: Graph): Graph {
    return splitByParts(graph, this.#parts);
  }

  /** Where the values of a parameter, or of one of its parts, lie. @throws when it is unknown or has another shape. */
  range(name: string, rows: number, width: number): BufferRange {
    this.assertUsable();
    const place = this.trained.get(name);
    const range = place === undefined ? this.#frozen.get(name) : partRange(place, "values");
    if (range === undefined)
      throw new Error(`The graph uses a parameter "${name}" that the parameter store does not have.`);
    const numbers = range.size / (this.#halves.has(name) ? 2 : 4);
    if (numbers !== rows * width) {
      throw new Error(`The graph uses "${name}" as [${rows}, ${width}]; the store holds ${numbers} numbers.`);
    }
    return range;
  }

  /** Whether a tensor is a frozen matrix in half precision, or a stack of such. */
  isHalf({ parameter, producer }: Tensor): boolean {
    if (parameter !== undefined) return this.#halves.has(parameter.name);
    return producer?.op === "stack" && producer.inputs.parts.every((part) => this.isHalf(part));
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
    return this.#read(["values"]).then(({ values }) => values);
  }

  /** Gradients of the named parameters, whole or by parts, as the last step left them. */
  async readGradients(names: Iterable<string>): Promise<Map<string, Float32Array>> {
    const { gradients } = await this.#read(["gradients"]);
    const wanted = new Set(names);
    const isWanted = (name: string): boolean => this.#partsOf(name).some(({ shape }) => wanted.has(shape.name));
    return new Map([...gradients].filter(([name]) => isWanted(name)));
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
    for (const [part, given] of [
      ["values", state.values],
      ["firstMoments", state.firstMoments],
      ["secondMoments", state.secondMoments],
    ] as const) {
      if (given !== undefined) this.#writeAll(given, part);
    }
    this.updates = state.updates ?? this.updates;
  }

  writeRows(name: string, firstRow: number, values: Float32Array): void {
    this.assertUsable();
    const shape = this.shapes.find((candidate) => candidate.name === name);
    if (shape === undefined || shape.group !== undefined)
      throw new Error(`"${name}" is no frozen parameter of this store.`);
    checkRows(shape, firstRow, values);
    const { width } = shape;
    const endRow = firstRow + values.length / width;
    for (const { shape: part, first } of this.#partsOf(name)) {
      const from = Math.max(firstRow, first);
      const to = Math.min(endRow, first + part.rows);
      if (from >= to) continue;
      const range = this.range(part.name, part.rows, width);
      if (this.#halves.has(part.name))
        throw new Error(`"${name}" is stored in half precision and is not written in parts.`);
      const own = values.subarray((from - firstRow) * width, (to - firstRow) * width);
      this.#write({ ...range, offset: range.offset + (from - first) * width * 4 }, own);
    }
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

  #partsOf(name: string): readonly MatrixPart[] {
    return this.#parts.get(name) ?? [];
  }

  /** Writes each part's stretch of the given values. */
  #writeAll(values: ReadonlyMap<string, Float32Array>, kind: ChunkPart = "values"): void {
    for (const [name, parts] of this.#parts) {
      const whole = values.get(name);
      for (const { shape, first } of parts) {
        const start = first * shape.width;
        const own = whole?.subarray(start, start + shape.rows * shape.width);
        if (own !== undefined) this.#writePart(shape.name, kind, own);
      }
    }
  }

  #writePart(name: string, kind: ChunkPart, values: Float32Array): void {
    const place = this.trained.get(name);
    const range = place === undefined ? this.#frozen.get(name) : partRange(place, kind);
    if (range !== undefined) this.#write(range, this.#halves.has(name) ? halvesFromFloats(values) : values);
  }

  #write(range: BufferRange, values: Float32Array | Uint16Array): void {
    const { queue } = this.#runtime.device.gpu;
    queue.writeBuffer(range.buffer, range.offset, values.buffer, values.byteOffset, values.byteLength);
  }

  #checkState(part: string, given: ReadonlyMap<string, Float32Array>): void {
    const trained = this.shapes.filter(({ group }) => group !== undefined);
    for (const shape of trained) checkValue(shape, given.get(shape.name), ` of ${part}`);
    for (const name of given.keys()) {
      if (!trained.some((shape) => shape.name === name))
        throw new Error(`The state holds ${part} of "${name}", which is not a trained parameter here.`);
    }
  }

  async #read<Part extends ChunkPart>(parts: readonly Part[]): Promise<Record<Part, Map<string, Float32Array>>> {
    this.assertUsable();
    const places = [...this.trained.values()];
    const ranges = parts.flatMap((part) => places.map((place) => partRange(place, part)));
    const data = await readRanges(this.#runtime, ranges);
    const maps = parts.map((part, p) => {
      const pieces = new Map(places.map(({ shape }, i) => [shape.name, data[p * places.length + i]] as const));
      return [part, this.#joined(pieces)] as const;
    });
    return fromEntries(maps);
  }

  /** Values of every trained parameter from those of its parts. */
  #joined(pieces: ReadonlyMap<string, Float32Array | undefined>): Map<string, Float32Array> {
    const trained = this.shapes.filter(({ group }) => group !== undefined);
    const joined = trained.map(({ name, rows, width }) => {
      const parts = this.#partsOf(name);
      const only = parts.length === 1 ? pieces.get(name) : undefined;
      if (only !== undefined) return [name, only] as const;
      const values = new Float32Array(rows * width);
      for (const { shape, first } of parts) values.set(pieces.get(shape.name) ?? [], first * width);
      return [name, values] as const;
    });
    return new Map(joined);
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
