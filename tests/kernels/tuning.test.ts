/** Choosing matmul variants by trial: what is remembered, what is reported, and that it can be turned off. */
import { expect, it } from "vitest";
import { matmul } from "../../src/engine/graph/operations/matmul.ts";
import type { ExecutorOptions, MatmulVariant, TuningCache } from "../../src/engine/webgpu/index.ts";
import { classOf, GPU_VARIANTS, partsFor, sizePlanner } from "../../src/engine/webgpu/matmul/planner.ts";
import { tuningFor } from "../../src/worker/tuning.ts";
import { openExecutor, Problem } from "./support.ts";

/** A cache that notes its keys; every load gives `known`. */
class NotedCache implements TuningCache {
  readonly loads: string[] = [];
  readonly saves: [string, MatmulVariant][] = [];
  readonly #known: MatmulVariant | undefined;

  constructor(known?: MatmulVariant) {
    this.#known = known;
  }

  async load(key: string): Promise<string | undefined> {
    this.loads.push(key);
    return Promise.resolve(this.#known);
  }

  async save(key: string, variant: MatmulVariant): Promise<void> {
    this.saves.push([key, variant]);
    return Promise.resolve();
  }
}

function product(): Problem {
  const problem = new Problem();
  const rows = problem.space("rows", 6);
  const y = matmul(problem.builder, problem.rows("a", rows, 12), problem.parameter("b", 20, 12), { transposeB: true });
  problem.builder.output("y", y);
  return problem;
}

/** The products of a plan as its costs report them. */
function compiledWith(cache: TuningCache, enabled: boolean): Promise<Readonly<Record<string, string>> | undefined> {
  return compiled({ enabled, cache });
}

async function compiled(
  tuning: NonNullable<ExecutorOptions["tuning"]>,
): Promise<Readonly<Record<string, string>> | undefined> {
  const executor = await openExecutor({ tuning });
  const problem = product();
  const store = executor.createParameters(problem.shapes, problem.parameters);
  const plan = await executor.compileEvaluation(problem.graph, store, problem.counts);
  plan.dispose();
  store.dispose();
  expect(executor.allocatedBytes(), "bytes of trials still held").toBe(0);
  executor.dispose();
  return plan.costs.products;
}

it("tries GPU variants and remembers the fastest by adapter and class", async () => {
  const cache = new NotedCache();
  const products = await compiledWith(cache, true);
  expect(cache.saves).toHaveLength(1);
  const [[key, variant] = ["", "registers"]] = cache.saves;
  expect(key).toMatch(/.+: NT 8x32x16$/);
  expect(GPU_VARIANTS).toContain(variant);
  expect(products).toEqual({ "NT 8x32x16": variant });
});

it("takes a remembered variant without trying any", async () => {
  const cache = new NotedCache("tiles-64x64-4x4");
  expect(await compiledWith(cache, true)).toEqual({ "NT 8x32x16": "tiles-64x64-4x4" });
  expect(cache.saves).toEqual([]);
});

it("is off when it is said to be", async () => {
  const cache = new NotedCache("tiles-64x64-4x4");
  expect(await compiledWith(cache, false)).toEqual({ "NT 8x32x16": "registers" });
  expect(cache.loads).toEqual([]);
});

it("follows the page's address, and needs no storage", async () => {
  // Node has no IndexedDB, like a window that keeps nothing: what tuning chose is forgotten, and that is all.
  const products = await compiled(tuningFor("https://studio.example/?tuning=on#seed=1"));
  expect(GPU_VARIANTS).toContain(products?.["NT 8x32x16"]);
  expect(await compiled(tuningFor("https://studio.example/?tuning=off"))).toEqual({ "NT 8x32x16": "registers" });
  expect(tuningFor("https://studio.example/")).not.toHaveProperty("enabled");
  expect(tuningFor("https://studio.example/?tuning=perhaps")).not.toHaveProperty("enabled");
});

it("splits long sums with few results, and no others, whatever the variant", () => {
  const shape = { transposeA: true, transposeB: false };
  expect(partsFor({ ...shape, m: 64, n: 64, k: 8192 })).toBeGreaterThan(8);
  expect(partsFor({ ...shape, m: 1024, n: 1024, k: 8192 })).toBe(1);
  expect(partsFor({ ...shape, m: 64, n: 64, k: 64 })).toBe(1);
});

it("suggests larger tiles for larger products", () => {
  const variantOf = (m: number): MatmulVariant =>
    sizePlanner.choose({ m, n: 1024, k: 1024, transposeA: false, transposeB: true }).variant;
  expect(variantOf(32)).toBe("tiles-32x32-4x4");
  expect(variantOf(8192)).toBe("tiles-128x128-8x8");
});

it("puts products into one class whose sizes round up to the same powers of two", () => {
  const shape = { transposeA: false, transposeB: true, n: 768, k: 256 };
  expect(classOf({ ...shape, m: 1000 })).toBe("NT 1024x1024x256");
  expect(classOf({ ...shape, m: 1000 })).toBe(classOf({ ...shape, m: 600 }));
});
