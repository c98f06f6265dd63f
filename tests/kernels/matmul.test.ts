/** Every matmul variant against the twin: all layouts, sizes that fit no tile, and rows that must not know of each other. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MatmulVariant } from "../../src/engine/webgpu/index.ts";
import type { WebGpuExecutor } from "../../src/engine/webgpu/index.ts";
import { matmul } from "../../src/engine/graph/operations/matmul.ts";
import { evaluate, expectSameAsTwin, openExecutor, Problem } from "./support.ts";

const variants: MatmulVariant[] = ["registers", "subgroups", "tiles"];
const sizes: [number, number, number][] = [
  [1, 1, 1],
  [1, 65, 63],
  [63, 1, 65],
  [65, 63, 1],
  [63, 65, 64],
  [130, 33, 17],
  [16, 2, 128],
];

/** y = op(a) op(b) + bias with m rows in a row space. */
function product([m, n, k]: [number, number, number], layout: "NN" | "NT" | "TN", biased: boolean): Problem {
  const problem = new Problem(m + n + k);
  const rows = problem.space("rows", layout === "TN" ? k : m);
  const a = problem.rows("a", rows, layout === "TN" ? m : k);
  const b = layout === "TN" ? problem.rows("b", rows, n) : problem.parameter("b", ...transposed(layout, k, n));
  const bias = biased ? { bias: problem.parameter("bias", 1, n) } : {};
  const y = matmul(problem.builder, a, b, { transposeA: layout === "TN", transposeB: layout === "NT", ...bias });
  problem.builder.output("y", y);
  return problem;
}

function transposed(layout: "NN" | "NT", k: number, n: number): [number, number] {
  return layout === "NT" ? [n, k] : [k, n];
}

describe.each(variants)("matmul variant %s", (variant) => {
  let executor: WebGpuExecutor;
  beforeAll(async () => {
    executor = await openExecutor({ variants: { matmul: variant } });
  });
  afterAll(() => executor.dispose());

  it.each(["NN", "NT", "TN"] as const)("computes %s products of any size like the twin", async (layout) => {
    for (const size of sizes) await expectSameAsTwin(executor, product(size, layout, false));
  });

  it("adds a bias to every row", async () => {
    await expectSameAsTwin(executor, product([65, 63, 33], "NT", true));
  });

  it("gives a row the same bits in every batch", async () => {
    const large = product([65, 63, 33], "NT", true);
    const graph = large.graph;
    const all = (await evaluate(executor, graph, large)).get("y");
    const capacities = large.counts["rows"] === undefined ? {} : { rows: large.counts["rows"] };
    large.counts["rows"] = 3;
    large.indices["a.rows"] = Int32Array.of(0, 1, 2);
    const few = (await evaluate(executor, graph, large, capacities)).get("y");
    expect(few).toEqual(all?.subarray(0, 3 * 63));
  });

  it("skips a product without rows and sums none to zero", async () => {
    await expectSameAsTwin(executor, product([0, 5, 7], "NN", true), {}, { rows: 9 });
    await expectSameAsTwin(executor, product([4, 5, 0], "TN", false), {}, { rows: 9 });
  });
});
