/**
 * Chooses kernels by trying them: once per adapter and class of sizes, remembered for the device and, where the caller
 * brings a cache, beyond it. Tuning changes speed and not sums: every GPU variant adds along k in the same order, and how
 * often a sum is split does not depend on the variant.
 */
import type { GraphNode } from "../../graph/operations/index.ts";
import { countRows, type RowCounts } from "../../graph/tensor.ts";
import { measureProduct, type TrialRuntime } from "./measure.ts";
import {
  classOf,
  GPU_VARIANTS,
  partsFor,
  sizePlanner,
  type MatmulChoice,
  type MatmulPlanner,
  type ProductShape,
} from "./planner.ts";
import type { MatmulVariant } from "./variants.ts";

/** Remembers what was chosen, by adapter and class of sizes. Both may be asynchronous so that a database can stand behind. */
export interface TuningCache {
  load(key: string): Promise<string | undefined>;
  save(key: string, variant: MatmulVariant): Promise<void>;
}

/** What one call of `prepare` may spend on trials. What it does not get to is decided by size, once and for all. */
const BUDGET_MILLISECONDS = 300;

/** Variants tried: the one that its size suggests and this many on either side of it. */
const NEIGHBOURS = 1;

export class Tuner implements MatmulPlanner {
  readonly #runtime: TrialRuntime;
  readonly #cache: TuningCache | undefined;
  readonly #chosen = new Map<string, MatmulVariant>();
  #last = Promise.resolve();

  constructor(runtime: TrialRuntime, cache?: TuningCache) {
    this.#runtime = runtime;
    this.#cache = cache;
  }

  choose(shape: ProductShape): MatmulChoice {
    const variant = this.#chosen.get(classOf(shape)) ?? sizePlanner.choose(shape).variant;
    return { variant, parts: partsFor(shape) };
  }

  /** One after the other: trials beside each other would measure each other. */
  prepare(nodes: readonly GraphNode[], capacities: RowCounts): Promise<void> {
    this.#last = this.#last.then(() => this.#tune(nodes, capacities));
    return this.#last;
  }

  async #tune(nodes: readonly GraphNode[], capacities: RowCounts): Promise<void> {
    // What has no room so far is no trial's fault and must not be mistaken for it.
    await this.#runtime.memory.checkRoom();
    const deadline = performance.now() + BUDGET_MILLISECONDS;
    for (const [name, shape] of classesOf(nodes, capacities)) {
      if (this.#chosen.has(name)) continue;
      const key = `${this.#runtime.device.info.adapter}: ${name}`;
      const cached = await this.#cache?.load(key);
      const known = GPU_VARIANTS.find((variant) => variant === cached);
      const variant = known ?? (await this.#fastest(shape, deadline));
      this.#chosen.set(name, variant);
      if (known === undefined) await this.#cache?.save(key, variant);
    }
  }

  /** The fastest of the variants tried before the deadline. */
  async #fastest(shape: ProductShape, deadline: number): Promise<MatmulVariant> {
    const suggested = sizePlanner.choose(shape).variant;
    const place = GPU_VARIANTS.findIndex((variant) => variant === suggested);
    const tried = GPU_VARIANTS.slice(Math.max(0, place - NEIGHBOURS), place + NEIGHBOURS + 1);
    let best: { readonly variant: MatmulVariant; readonly milliseconds: number } | undefined;
    for (const variant of tried) {
      if (performance.now() > deadline) return suggested;
      // A device that lacks the room for a trial, or is gone, has no fastest; what follows will say so.
      const measured = await measureProduct(this.#runtime, shape, variant).catch(() => undefined);
      if (measured === undefined) return suggested;
      if (best === undefined || measured.milliseconds < best.milliseconds) best = measured;
    }
    return best?.variant ?? suggested;
  }
}

/** The products of a graph by class, the costliest first. */
function classesOf(nodes: readonly GraphNode[], capacities: RowCounts): Map<string, ProductShape> {
  const shapes = nodes.flatMap((node) => (node.op === "matmul" ? [shapeOf(node, capacities)] : []));
  const costs = new Map<string, number>();
  for (const shape of shapes) {
    const name = classOf(shape);
    costs.set(name, (costs.get(name) ?? 0) + shape.m * shape.n * shape.k);
  }
  const named = shapes.map((shape) => [classOf(shape), shape] as const);
  return new Map(named.toSorted(([a], [b]) => (costs.get(b) ?? 0) - (costs.get(a) ?? 0)));
}

function shapeOf({ inputs, attributes }: Extract<GraphNode, { op: "matmul" }>, capacities: RowCounts): ProductShape {
  const { a, b } = inputs;
  const { transposeA, transposeB } = attributes;
  const rows = countRows(a.rows, capacities);
  return {
    m: transposeA ? a.width : rows,
    k: transposeA ? rows : a.width,
    n: transposeB ? countRows(b.rows, capacities) : b.width,
    transposeA,
    transposeB,
  };
}
