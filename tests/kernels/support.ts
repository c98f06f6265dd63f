/** What kernel tests share: one executor on the software GPU, random data, and the comparison with the twin. */
import { expect } from "vitest";
import type { ParameterShape, StepValues } from "../../src/engine/executor.ts";
import { Builder } from "../../src/engine/graph/builder.ts";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { gather } from "../../src/engine/graph/operations/gather.ts";
import type { RowCounts, RowSpace, Segments, Tensor } from "../../src/engine/graph/tensor.ts";
import { createWebGpuExecutor, type ExecutorOptions, type WebGpuExecutor } from "../../src/engine/webgpu/index.ts";
import { openDawn } from "../setup/dawn.ts";
import { Twin } from "./twin/twin.ts";

/** An executor whose intermediate memory is poisoned, so that reads of unwritten memory fail the comparison. */
export async function openExecutor(options: ExecutorOptions = {}): Promise<WebGpuExecutor> {
  const executor = await createWebGpuExecutor(await openDawn(), { poison: true, ...options });
  executor.onEvent((event) => {
    throw new Error(`Device event: ${event.kind}: ${event.message}`);
  });
  return executor;
}

/** Deterministic numbers in [−1, 1) (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

export function randomValues(length: number, seed: number, scale = 1): Float32Array {
  const next = randomNumbers(seed);
  return Float32Array.from({ length }, () => next() * scale);
}

/** A small problem under construction: a builder with the values of its parameters and step inputs. */
export class Problem {
  readonly builder = new Builder();
  readonly parameters = new Map<string, Float32Array>();
  readonly shapes: ParameterShape[] = [];
  readonly counts: Record<string, number> = {};
  readonly indices: Record<string, Int32Array> = {};
  readonly values: Record<string, Float32Array> = {};
  #seed: number;
  #graph: Graph | undefined;

  constructor(seed = 1) {
    this.#seed = seed;
  }

  /** The finished graph; nothing can be added afterwards. */
  get graph(): Graph {
    return (this.#graph ??= this.builder.finish());
  }

  get step(): StepValues {
    return { counts: this.counts, indices: this.indices, values: this.values };
  }

  /** A random parameter; trained when it has a group. */
  parameter(
    name: string,
    rows: number,
    width: number,
    { scale = 1, ...marks }: { group?: string; stack?: string; scale?: number } = {},
  ): Tensor {
    const shape = { name, rows, width, ...marks };
    this.shapes.push(shape);
    this.parameters.set(name, randomValues(rows * width, this.#seed++, scale));
    return this.builder.parameter(shape);
  }

  space(name: string, count: number): RowSpace {
    this.counts[name] = count;
    return this.builder.rowSpace(name);
  }

  /** A random tensor [space, width] with as many rows as the space has now. */
  rows(name: string, space: RowSpace, width: number, scale = 1): Tensor {
    const count = this.counts[space.name] ?? 0;
    const table = this.parameter(name, Math.max(1, count), width, { scale });
    const index = this.builder.index(`${name}.rows`, space);
    this.indices[index.name] = Int32Array.from({ length: count }, (_, i) => i);
    return gather(this.builder, [{ table, index }], `rows of ${name}`);
  }

  /** A space whose rows fall into sequences of these lengths. */
  segments(name: string, lengths: readonly number[], sequences: RowSpace): Segments {
    const total = lengths.reduce((sum, length) => sum + length, 0);
    const segments = this.builder.segments(this.space(name, total), sequences);
    let end = 0;
    this.indices[segments.offsets.name] = Int32Array.from([0, ...lengths.map((length) => (end += length))]);
    this.indices[segments.sequence.name] = Int32Array.from(
      lengths.flatMap((length, i) => Array<number>(length).fill(i)),
    );
    return segments;
  }
}

export interface Tolerance {
  readonly relative?: number;
  readonly absolute?: number;
}

/** Runs the outputs of a problem on the executor and on the twin and compares them. */
export async function expectSameAsTwin(
  executor: WebGpuExecutor,
  problem: Problem,
  tolerance: Tolerance = {},
  capacities: RowCounts = problem.counts,
): Promise<Map<string, Float32Array>> {
  const graph = problem.graph;
  const results = await evaluate(executor, graph, problem, capacities);
  const twin = new Twin(problem.step, problem.parameters).run(graph.nodes);
  for (const [name, tensor] of graph.outputs) {
    expectClose(results.get(name) ?? new Float32Array(0), twin.tensor(tensor), name, tolerance);
  }
  return results;
}

/** Runs the outputs of a graph once and gives everything back. */
export async function evaluate(
  executor: WebGpuExecutor,
  graph: Graph,
  problem: Problem,
  capacities: RowCounts = problem.counts,
): Promise<Map<string, Float32Array>> {
  const store = executor.createParameters(problem.shapes, problem.parameters);
  const plan = await executor.compileEvaluation(graph, store, capacities);
  try {
    return await plan.run(problem.step);
  } finally {
    plan.dispose();
    store.dispose();
  }
}

/** Every element within absolute + relative · (largest magnitude of the expected values). NaN never passes. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  name: string,
  { relative = 2e-6, absolute = 1e-6 }: Tolerance = {},
): void {
  expect(actual.length, `length of ${name}`).toBe(expected.length);
  const largest = Array.from(expected).reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const allowed = absolute + relative * largest;
  let worst = 0;
  let where = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((actual[i] ?? Number.NaN) - (expected[i] ?? 0));
    if (difference <= worst) continue;
    worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
    where = i;
  }
  const text = `${name}[${where}]: expected ${expected[where]}, got ${actual[where]}`;
  expect(worst, `${text}; largest difference`).toBeLessThanOrEqual(allowed);
}
