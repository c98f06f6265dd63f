/** The benchmark on a tiny model: its engines train the same thing, its JSON has the promised shape, and what it counts. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { jaxJsEngine } from "../../bench/engines/jaxJs.ts";
import { studioEngine } from "../../bench/engines/studio.ts";
import { tfjsEngine } from "../../bench/engines/tfjs.ts";
import { countCalls } from "../../bench/instrument.ts";
import { lossTolerance, measure } from "../../bench/measure.ts";
import { gpt2Config, randomModel } from "../../bench/models.ts";
import { equalProblem, type Problem } from "../../bench/problem.ts";
import { Profiler } from "../../bench/profile.ts";
import { runSchema, type Result } from "../../bench/results.ts";
import { installNavigatorGpu } from "../setup/dawn.ts";

const tiny = { layers: 1, width: 16, heads: 2, feedForward: 24, vocabulary: 40, positions: 16 };
const promised = [
  "model",
  "engine",
  "adapter",
  "dispatches",
  "passes",
  "submits",
  "bindGroups",
  "buffers",
  "encodeMs",
  "stepMs",
  "firstStepMs",
  "loss",
];

let gpu: GPU;
let problem: Problem;
let results: readonly Result[];

beforeAll(async () => {
  gpu = await installNavigatorGpu();
  problem = equalProblem(await randomModel("tiny", tiny), { promptLength: 2, batchSize: 2, tokens: 4 });
  const engines = [studioEngine(gpu), tfjsEngine(gpu), jaxJsEngine()];
  results = await measure(problem, engines, { adapter: "test", steps: 3, checkLosses: true, log: () => undefined });
}, 300_000);

describe("the benchmark's results", () => {
  it("name every engine once and have every promised field, as JSON", () => {
    const parsed = runSchema.shape.results.parse(JSON.parse(JSON.stringify(results)));
    expect(parsed.map(({ engine }) => engine)).toEqual(["studio", "tfjs", "jax-js"]);
    for (const row of results) expect(Object.keys(row)).toEqual(expect.arrayContaining(promised));
  });

  it("say that all engines start from the same loss", () => {
    const [studio, ...others] = results.map(({ loss }) => loss);
    expect(studio).toBeGreaterThan(0);
    for (const loss of others) expect(Math.abs(loss - (studio ?? Number.NaN))).toBeLessThan(lossTolerance);
  });

  it("count one pass and one submit of the studio, and nothing created", () => {
    expect(results[0]).toMatchObject({ passes: 1, submits: 1, bindGroups: 0, buffers: 0 });
    expect(results[0]?.dispatches).toBeGreaterThan(10);
  });

  it("count more of everything for the others, which create bind groups as they go", () => {
    for (const { dispatches, submits, bindGroups } of results.slice(1)) {
      expect(dispatches).toBeGreaterThan(results[0]?.dispatches ?? Infinity);
      expect(submits).toBeGreaterThan(1);
      expect(bindGroups).toBeGreaterThanOrEqual(dispatches);
    }
  });

  it("hold times that are there and in order", () => {
    for (const { encodeMs, stepMs, firstStepMs, steps } of results) {
      expect(steps).toBe(3);
      expect(encodeMs).toBeGreaterThan(0);
      expect(stepMs).toBeGreaterThanOrEqual(encodeMs);
      expect(firstStepMs).toBeGreaterThan(stepMs);
    }
  });
});

it("GPT-2 starts from the same loss in every engine, too", async () => {
  const model = await randomModel("tiny gpt2", tiny, gpt2Config);
  const decoder = equalProblem(model, { promptLength: 2, batchSize: 2, tokens: 4 });
  const losses: number[] = [];
  for (const engine of [studioEngine(gpu), tfjsEngine(gpu), jaxJsEngine()]) {
    const session = await engine.open(decoder);
    await session.step(0);
    losses.push(await session.loss());
    session.dispose();
  }
  const [studio = Number.NaN, ...others] = losses;
  expect(studio).toBeGreaterThan(0.1);
  for (const loss of others) expect(Math.abs(loss - studio)).toBeLessThan(lossTolerance);
});

it("timing ends at the age given, but not before the third step", async () => {
  const stepsUntil = async (endSeconds: number): Promise<number | undefined> => {
    const options = { adapter: "test", steps: 5, endSeconds, checkLosses: true, log: () => undefined };
    return (await measure(problem, [studioEngine(gpu)], options))[0]?.steps;
  };
  expect(await stepsUntil(0)).toBe(3);
  expect(await stepsUntil(Infinity)).toBe(5);
});

it("the quick command writes the promised array", () => {
  const folder = mkdtempSync(join(tmpdir(), "bench-quick-"));
  const file = join(folder, "quick.json");
  // Dawn's null backend takes every call and computes nothing, so that the command ends in seconds.
  const args = ["tools/bench.mjs", "--quick", "--null", "--models", "encoder-l2-d64", "--steps", "1", "--json", file];
  execFileSync(process.execPath, args, { stdio: ["ignore", "inherit", "pipe"] });
  const rows = runSchema.shape.results.parse(JSON.parse(readFileSync(file, "utf8")));
  rmSync(folder, { recursive: true });
  expect(rows.map(({ engine }) => engine)).toEqual(["studio", "tfjs", "jax-js"]);
  for (const row of rows) expect(Object.keys(row)).toEqual(expect.arrayContaining(promised));
});

it("wrappers are gone after counting, and every dispatch of a step can be timed", async () => {
  const before = Reflect.get(GPUQueue.prototype, "submit");
  const profiler = new Profiler();
  const session = await studioEngine(gpu).open(problem);
  const counts = await countCalls(() => session.step(0));
  const times = await profiler.profile(() => session.step(1));
  session.dispose();
  profiler.dispose();
  expect(Reflect.get(GPUQueue.prototype, "submit")).toBe(before);
  expect(times).toHaveLength(counts.dispatches);
  for (const { label, bytes, milliseconds } of times) {
    expect(label).not.toBe("");
    expect(bytes).toBeGreaterThan(0);
    expect(milliseconds).toBeGreaterThanOrEqual(0);
  }
});
