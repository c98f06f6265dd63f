/** The frozen frontier: where it lies, what is left behind it, and that a step from the cache gives the same numbers. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Executor } from "../../../src/engine/executor.ts";
import { nodesFlops } from "../../../src/engine/graph/costs.ts";
import { frontiersOf, remainderOf } from "../../../src/engine/graph/frontier.ts";
import { openExecutor } from "../../parity/executors.ts";
import { openCut, still } from "./cutGraph.ts";
import { cutCases, expectSameFromCache } from "./frontierChecks.ts";
import { randomStep, SMALL, transformerGraph } from "./transformerGraph.ts";

const counts = { tokens: 40, sequences: 8, needed: 16 };
const enough = { tokens: 60, needed: 40 };
const top = { ...SMALL, layers: 4, promptedFrom: 2, soft: 0 };

describe("the frontier", () => {
  it("of prompts in the upper layers is what their lowest layer reads of the text", () => {
    const graph = transformerGraph(top);
    const [wide, narrow] = frontiersOf(graph, counts);
    expect(wide?.crossings.map(({ tensor }) => tensor.width)).toEqual([12, 12, 12, 12]);
    expect(narrow?.crossings).toHaveLength(1);
    expect(narrow?.crossings[0]?.tensor.label).toBe("layer norm");
    expect(wide?.flops).toBeGreaterThan(narrow?.flops ?? Infinity);
  });

  it("of a head alone is the rows that the head reads", () => {
    const [wide] = frontiersOf(transformerGraph({ ...SMALL, prefix: 0, soft: 0 }), counts);
    expect(wide?.crossings.map(({ space }) => space.name)).toEqual(["needed"]);
  });

  it("is not there when prompts stand among the tokens or everything is trained", () => {
    expect(frontiersOf(transformerGraph(SMALL), counts)).toEqual([]);
    expect(frontiersOf(transformerGraph({ ...top, trainBackbone: true }), counts)).toEqual([]);
  });

  it("leaves a remainder that computes no layer below it", () => {
    const graph = transformerGraph(top);
    const [wide] = frontiersOf(graph, counts);
    if (wide === undefined) throw new Error("There is a frontier.");
    const remainder = remainderOf(graph, wide, enough);
    expect(remainder.parameters.map(({ label }) => label).filter((label) => /^[01]\./.test(label))).toEqual([]);
    expect(nodesFlops(remainder.nodes, counts)).toBeLessThan(0.6 * nodesFlops(graph.nodes, counts));
  });

  it("refuses a graph with another forward pass", () => {
    const [wide] = frontiersOf(transformerGraph(top), counts);
    if (wide === undefined) throw new Error("There is a frontier.");
    expect(() => remainderOf(transformerGraph({ ...top, layers: 1, promptedFrom: 0 }), wide, enough)).toThrow(
      "does not compute",
    );
  });
});

describe.each(["cpu", "wasm"] as const)("a step from the cache on %s", (backend) => {
  let executor: Executor;
  beforeAll(async () => {
    executor = await openExecutor(backend);
  });
  afterAll(() => executor.dispose());

  it.each(cutCases)("with %s is the whole step", async (_, changes) => {
    await expectSameFromCache(executor, changes, { which: 0, tableRows: enough, tolerance: 1e-6 });
  });

  it("may keep one tensor alone", async () => {
    await expectSameFromCache(executor, top, { which: 1, tableRows: enough, tolerance: 1e-6 });
  });

  it("survives tables that must forget", async () => {
    await expectSameFromCache(executor, top, { which: 0, tableRows: { tokens: 29, needed: 12 }, tolerance: 1e-6 });
  });

  it("computes each text once", async () => {
    const graph = transformerGraph(top);
    const cut = await openCut({ executor, graph, counts, which: 0, tableRows: enough });
    const step = randomStep(top, [5, 3, 6], 1);
    for (let i = 0; i < 3; i++) cut.training.step(await cut.cache.fill(step), still);
    expect(cut.cache.report).toEqual({ hits: 6, misses: 3, examples: 3, bytes: 4 * 4 * 12 * 60 });
    cut.dispose();
  });
});
