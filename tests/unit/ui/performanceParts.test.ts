/** The parts of the performance panel's bars: each bar is whole, and says where the time and the memory go. */
import { describe, expect, it } from "vitest";
import { memoryBar, productsByKernel, timeBars, type BarPart } from "../../../src/ui/performance/performanceParts.ts";
import type { RunPerformance } from "../../../src/worker/protocol.ts";

const performance: RunPerformance = {
  steps: 10,
  tokens: 1000,
  seconds: 2,
  timing: { dispatches: 500, submits: 10, encodeSeconds: 0.5, waitSeconds: 1, deviceSeconds: 1.8 },
  memory: { weights: 600, trained: 200, activations: 0, cache: 150, other: 50 },
  products: { "NT 64x64x64": "tiles", "NN 64x64x64": "tiles", "TN 8x64x64": "registers" },
};

function sharesOf(parts: readonly BarPart[] = []) {
  return Object.fromEntries(parts.map(({ label, share }) => [label, Number(share.toFixed(6))]));
}

describe("the bars of time", () => {
  it("show engine and GPU side by side on WebGPU", () => {
    const bars = timeBars(performance, "webgpu");
    expect(Object.keys(bars)).toEqual(["Engine", "GPU"]);
    expect(sharesOf(bars["Engine"])).toEqual({
      "encoding commands": 0.25,
      "waiting for the GPU": 0.5,
      "everything else": 0.25,
    });
    expect(sharesOf(bars["GPU"])).toEqual({ computing: 0.9, idle: 0.1 });
  });

  it("show one bar where the engine computes by itself", () => {
    const bars = timeBars(performance, "wasm");
    expect(Object.keys(bars)).toEqual(["Processor"]);
    expect(sharesOf(bars["Processor"])).toEqual({ computing: 0.9, "everything else": 0.1 });
  });

  it("never exceed the whole", () => {
    const late = { ...performance, timing: { ...performance.timing, deviceSeconds: 3 } };
    expect(sharesOf(timeBars(late, "webgpu")["GPU"])).toEqual({ computing: 1, idle: 0 });
  });
});

describe("the bar of memory", () => {
  it("adds up and leaves out what is empty", () => {
    const { bytes, parts } = memoryBar(performance);
    expect(bytes).toBe(1000);
    expect(parts.map(({ tone, text }) => [tone, text])).toEqual([
      ["weights", "600 B"],
      ["trained", "200 B"],
      ["cache", "150 B"],
      ["rest", "50 B"],
    ]);
    expect(parts.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
  });
});

describe("the kernels of matrix products", () => {
  it("are listed with their products", () => {
    expect([...productsByKernel(performance)]).toEqual([
      ["tiles", ["NT 64x64x64", "NN 64x64x64"]],
      ["registers", ["TN 8x64x64"]],
    ]);
  });
});
