/**
 * Where parameters lie: which are stored in half precision, which are cut because no binding covers them, and how the rest
 * shares buffers. Decides from shapes and makes the buffers; values are written elsewhere.
 */
import { LARGEST_HALF } from "../../lib/halfPrecision.ts";
import type { ParameterShape } from "../executor.ts";
import type { Graph } from "../graph/graph.ts";
import { splitMatrices, type MatrixPart } from "../graph/rowParts.ts";
import { ALIGNMENT, alignUp, BufferUsage } from "./constants.ts";
import type { BufferRange } from "./dispatch.ts";
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

/** Numbers of a half matrix come in multiples of this, so that stacks lie end to end in half precision too. */
const HALF_NUMBERS = ALIGNMENT / 2;

/** Rows of a part come in multiples of this: whole bindings in half precision, whole groups of four columns in products. */
const PART_ROWS = HALF_NUMBERS;

/** Whether a matrix may be stored in half precision as far as its shape goes. */
export function fitsHalf({ rows, width, half, group }: ParameterShape): boolean {
  return half === true && group === undefined && (rows * width) % HALF_NUMBERS === 0;
}

/** The matrices that are stored in half precision: all of a stack or none. */
export function namesOfHalves(
  shapes: readonly ParameterShape[],
  values: ReadonlyMap<string, Float32Array>,
): Set<string> {
  const fits = (shape: ParameterShape): boolean =>
    fitsHalf(shape) && values.get(shape.name)?.every((value) => Math.abs(value) <= LARGEST_HALF) === true;
  const stacks = byStack(shapes).filter((stack) => stack.every(fits));
  return new Set(stacks.flat().map(({ name }) => name));
}

/**
 * The parts of every parameter by its name; one part of the same name where a binding of `limit` bytes covers it.
 * @throws when not even 128 rows of a matrix fit a binding
 */
export function partsByName(
  shapes: readonly ParameterShape[],
  isHalf: (shape: ParameterShape) => boolean,
  limit: number,
): Map<string, readonly MatrixPart[]> {
  return new Map(shapes.map((shape) => [shape.name, partsOf(shape, isHalf(shape) ? 2 : 4, limit)]));
}

function partsOf(shape: ParameterShape, numberBytes: number, limit: number): readonly MatrixPart[] {
  const { name, rows, width, stack: _, ...marks } = shape;
  const bytes = rows * width * numberBytes;
  if (alignUp(bytes, ALIGNMENT) <= limit) return [{ shape, first: 0 }];
  const most = Math.floor(limit / (PART_ROWS * width * numberBytes)) * PART_ROWS;
  if (most === 0) throw new Error(`The parameter "${name}" has ${bytes} bytes; this device binds at most ${limit}.`);
  return Array.from({ length: Math.ceil(rows / most) }, (__, i) => {
    const first = i * most;
    const end = Math.min(rows, first + most);
    return { shape: { name: `${name}[${first}:${end}]`, rows: end - first, width, ...marks }, first };
  });
}

/** A graph over the parts of every parameter that has several. @throws when a node cannot read such a one in parts */
export function splitByParts(graph: Graph, parts: ReadonlyMap<string, readonly MatrixPart[]>): Graph {
  return splitMatrices(graph, (name) => {
    const own = parts.get(name);
    return own === undefined || own.length === 1 ? undefined : own;
  });
}

/** Neighbours of one stack together, everything else alone. */
function byStack(shapes: readonly ParameterShape[]): ParameterShape[][] {
  const stacks: ParameterShape[][] = [];
  for (const shape of shapes) {
    const last = stacks.at(-1);
    if (shape.stack !== undefined && last?.[0]?.stack === shape.stack) last.push(shape);
    else stacks.push([shape]);
  }
  return stacks;
}

function bytesOf({ name, rows, width }: ParameterShape, halves: ReadonlySet<string>): number {
  return rows * width * (halves.has(name) ? 2 : 4);
}

/** Puts shapes, each of which fits one binding, into runs whose aligned bytes do. */
function splitRuns(
  limit: number,
  shapes: readonly ParameterShape[],
  halves: ReadonlySet<string> = new Set(),
): { bytes: number; members: [ParameterShape, number][] }[] {
  const runs: { bytes: number; members: [ParameterShape, number][] }[] = [];
  const alignedBytes = (shape: ParameterShape): number => alignUp(bytesOf(shape, halves), ALIGNMENT);
  for (const stack of byStack(shapes)) {
    const whole = stack.reduce((sum, shape) => sum + alignedBytes(shape), 0);
    for (const shape of stack) {
      const size = alignedBytes(shape);
      let run = runs.at(-1);
      // A stack that fits one binding is not torn apart.
      const needed = shape === stack[0] && whole <= limit ? whole : size;
      if (run === undefined || run.bytes + needed > limit) runs.push((run = { bytes: 0, members: [] }));
      run.members.push([shape, run.bytes]);
      run.bytes += size;
    }
  }
  return runs;
}

export function placeFrozen(
  { device, memory }: Runtime,
  shapes: readonly ParameterShape[],
  halves: ReadonlySet<string>,
): { buffers: GPUBuffer[]; places: Map<string, BufferRange> } {
  const { STORAGE, COPY_SRC, COPY_DST } = BufferUsage;
  const places = new Map<string, BufferRange>();
  const buffers = splitRuns(device.bindingBytes, shapes, halves).map(({ bytes, members }, i) => {
    const buffer = memory.create(`frozen weights ${i}`, bytes, STORAGE | COPY_SRC | COPY_DST, "weights");
    for (const [shape, offset] of members) places.set(shape.name, { buffer, offset, size: bytesOf(shape, halves) });
    return buffer;
  });
  return { buffers, places };
}

export function placeTrained(
  runtime: Runtime,
  shapes: readonly ParameterShape[],
): { chunks: Chunk[]; places: Map<string, TrainedPlace> } {
  const places = new Map<string, TrainedPlace>();
  const chunks = splitRuns(runtime.device.bindingBytes, shapes).map(({ bytes, members }, i) => {
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
    values: memory.create(`trained values ${index}`, bytes, usage, "trained"),
    gradients: memory.create(`gradients ${index}`, bytes, usage, "trained"),
    firstMoments: memory.create(`first moments ${index}`, bytes, usage, "trained"),
    secondMoments: memory.create(`second moments ${index}`, bytes, usage, "trained"),
  };
}
