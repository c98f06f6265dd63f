/** The benchmark's parts that need no GPU: command line, result files, the page made from them, the check of losses. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readArguments } from "../../../bench/arguments.ts";
import type { BenchEngine, EngineName } from "../../../bench/engines/engine.ts";
import { padBatch, trainedStart } from "../../../bench/engines/weights.ts";
import { measure, median } from "../../../bench/measure.ts";
import { randomModel, randomNormal } from "../../../bench/models.ts";
import { correctedRates, equalProblem } from "../../../bench/problem.ts";
import { writeReport } from "../../../bench/report.ts";
import { nothingMeasured, readRun, writeRun, type Result } from "../../../bench/results.ts";

const row: Result = {
  model: "tiny",
  engine: "studio",
  adapter: "Some GPU",
  dispatches: 20,
  passes: 1,
  submits: 1,
  bindGroups: 0,
  buffers: 0,
  bytesWritten: 4000,
  encodeMs: 0.5,
  stepMs: 2,
  firstStepMs: 1500,
  loss: 0.7,
  mode: "equal",
  sequences: 2,
  tokens: 8,
  promptLength: 4,
  steps: 15,
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bench-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("the command line", () => {
  it("measures on SwiftShader with all engines unless told otherwise", () => {
    expect(readArguments([])).toMatchObject({ adapter: "swiftshader", engines: ["studio", "tfjs", "jax-js"] });
    expect(readArguments(["--null"]).adapter).toBe("null");
    expect(readArguments(["--parts", "scaling, kernels", "--steps", "3"])).toMatchObject({
      parts: ["scaling", "kernels"],
      steps: 3,
    });
  });

  it("says what it expected", () => {
    expect(() => readArguments(["--adapter", "teapot"])).toThrow(/swiftshader, lavapipe, null, hardware/u);
    expect(() => readArguments(["--steps", "many"])).toThrow(/--steps: expected a whole number, got "many"/u);
  });
});

describe("a file of results", () => {
  it("replaces rows of the same problem and keeps the others", () => {
    const file = join(folder, "run.json");
    const tfjs = { ...row, engine: "tfjs", stepMs: 20 };
    writeRun(file, { ...nothingMeasured, results: [row, tfjs] });
    writeRun(file, { ...nothingMeasured, results: [{ ...row, stepMs: 3 }] });
    const { results, machine } = readRun(file);
    expect(results).toEqual([tfjs, { ...row, stepMs: 3 }]);
    expect(machine.cores).toBeGreaterThan(0);
  });

  it("is refused with the field that is wrong", () => {
    const file = join(folder, "run.json");
    writeFileSync(file, JSON.stringify({ results: [{ ...row, loss: "low" }] }));
    expect(() => readRun(file)).toThrow(/results\.0\.loss/u);
  });

  it("becomes a page with ratios to the studio", () => {
    mkdirSync(join(folder, "docs"));
    const results = [row, { ...row, engine: "tfjs", stepMs: 20, encodeMs: 50 }];
    const scaling = { adapter: "Some GPU", axis: "width", from: 8, to: 16, flopRatio: 4, timeRatio: 6, ratio: 1.5 };
    const depth = {
      adapter: "Some GPU",
      model: "tiny",
      trained: "head alone",
      sequences: 2,
      tokens: 8,
      promptLength: 4,
    };
    const depths = [{ ...depth, steps: 5, stepMs: 1, flops: 10, timeShare: 0.5, flopShare: 0.0001 }];
    const note = "Measured on a train.";
    const measured = { ...nothingMeasured, note, results, depths, scaling: [{ ...scaling, matmulShare: 0.9 }] };
    writeRun(join(folder, "bench", "results", "some.json"), measured);
    const page = readFileSync(join(folder, writeReport(folder)), "utf8");
    const cells = page.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
    const tfjs = cells.find((line) => line[3] === "tfjs");
    expect(tfjs?.slice(5, 9)).toEqual(["20", "10", "50", "100"]);
    expect(page).toContain(note);
    expect(cells.find((line) => line[3] === "head alone")?.slice(4, 8)).toEqual(["5", "1", "0.5", "0.0001"]);
    expect(cells.find((line) => line[1] === "width")?.at(-2)).toBe("no");
  });
});

/** An engine that computes nothing and tells a fixed loss. */
function pretender(name: EngineName, loss: number): BenchEngine {
  const step = (): Promise<void> => Promise.resolve();
  const session = {
    openMilliseconds: 0,
    step,
    finish: step,
    loss: () => Promise.resolve(loss),
    dispose: () => undefined,
  };
  return { name, open: () => Promise.resolve(session) };
}

it("engines whose first losses differ make the benchmark fail", async () => {
  const shape = { layers: 1, width: 8, heads: 2, feedForward: 8, vocabulary: 12, positions: 16 };
  const problem = equalProblem(await randomModel("tiny", shape), { promptLength: 2, batchSize: 2, tokens: 4 });
  const engines = [pretender("studio", 0.7), pretender("tfjs", 0.7002)];
  const options = { adapter: "none", steps: 1, checkLosses: true, log: () => undefined };
  await expect(measure(problem, engines, options)).rejects.toThrow(/first loss of tfjs is 0\.7002.*same model/u);
});

it("a prefix row [K₀|V₀|…] is split by layer and head, and short texts are masked", async () => {
  const shape = { layers: 2, width: 4, heads: 2, feedForward: 8, vocabulary: 12, positions: 16 };
  const problem = equalProblem(await randomModel("tiny", shape), { promptLength: 2, batchSize: 2, tokens: 3 });
  const prefix = Float32Array.from({ length: 2 * 16 }, (_, index) => index);
  const start = trainedStart({ ...problem, initial: new Map([...problem.initial, ["prefix", prefix]]) });
  // Value of layer 1 is set 3: columns 12 to 15; its second head has the last two.
  expect(start.prefix.slice(3 * 8 + 4, 3 * 8 + 8)).toEqual(Float32Array.of(14, 15, 30, 31));
  const batch = [
    { ids: Int32Array.of(5, 6, 7), label: 1 },
    { ids: Int32Array.of(8), label: 0 },
  ];
  const { ids, labels, mask } = padBatch(problem, batch);
  expect([...ids]).toEqual([5, 6, 7, 8, 0, 0]);
  expect([...labels]).toEqual([0, 1, 1, 0]);
  expect(Array.from(mask ?? [], (value) => value < 0)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1, 1].map(Boolean));
  expect(padBatch(problem, batch.slice(0, 1)).mask).toBeUndefined();
});

it("numbers are what they say", () => {
  expect(median([4, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  // At step 1 the corrected rate is α·√(1 − β₂)/(1 − β₁), and the corrected epsilon ε·√(1 − β₂).
  expect(correctedRates(1).rate).toBeCloseTo((1e-3 * Math.sqrt(1e-3)) / 0.1, 10);
  expect(correctedRates(1).epsilon).toBeCloseTo(1e-8 * Math.sqrt(1e-3), 14);
  const values = randomNormal(7, 20_000, 2);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  expect(Math.abs(mean)).toBeLessThan(0.06);
  expect(Math.sqrt(variance)).toBeCloseTo(2, 1);
});
