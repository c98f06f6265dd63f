/** Rows behind the charts: shared positions, bands, limits and round axes. */
import { describe, expect, it } from "vitest";
import {
  chartRows,
  niceCeiling,
  niceTicks,
  seriesKey,
  sortedValues,
  valueAt,
} from "../../../src/ui/charts/chartRows.ts";
import type { SeedCurves } from "../../../src/worker/protocol.ts";
import { evaluation } from "../store/support.ts";

function curves(steps: number, seed: number, loss: (step: number) => number): SeedCurves {
  const points = Array.from({ length: steps }, (_, index) => ({
    step: index + 1,
    loss: loss(index + 1),
    accuracy: 0.5,
    gradientNorm: 1,
    learningRate: 0.1,
    skipped: false,
  }));
  return { seed, steps: points, evaluations: [evaluation(steps, 0.5 + seed / 10)] };
}

describe("chart rows", () => {
  it("stay within 300 training positions for many long runs", () => {
    const runs = Array.from({ length: 12 }, (_, index) => ({ id: `${index}`, curves: [curves(5000, 1, Math.sin)] }));
    expect(chartRows(runs, 5000).length).toBeLessThanOrEqual(301);
  });

  it("keep a spike that lasts one step", () => {
    const rows = chartRows([{ id: "a", curves: [curves(5000, 1, (step) => (step === 2345 ? 9 : 1))] }], 5000);
    expect(sortedValues(rows, "loss", "train").at(-1)).toBe(9);
  });

  it("draw several seeds as mean and band", () => {
    const rows = chartRows([{ id: "a", curves: [curves(3, 1, () => 1), curves(3, 3, () => 2)] }], 3);
    const last = rows.at(-1);
    expect(last?.[seriesKey(0, "loss", "train")]).toBe(1.5);
    expect(last?.[seriesKey(0, "accuracy", "eval")]).toBeCloseTo(0.7);
    expect(last?.[seriesKey(0, "accuracy", "band")]).toEqual([0.6, 0.8]);
  });

  it("leave out what is not a number", () => {
    const rows = chartRows([{ id: "a", curves: [curves(3, 1, (step) => (step === 2 ? Number.NaN : 1))] }], 3);
    expect(sortedValues(rows, "loss", "train")).toEqual([1, 1]);
  });

  it("hold an evaluation until the next", () => {
    const rows = [{ step: 1 }, { step: 2, e: 0.7 }, { step: 3 }];
    expect([0, 1, 2].map((index) => valueAt(rows, index, "e"))).toEqual([undefined, 0.7, 0.7]);
  });
});

describe("axes", () => {
  it("end at round numbers", () => {
    expect([0.7, 0.81, 1.1, 37].map(niceCeiling)).toEqual([0.8, 1, 1.2, 40]);
  });

  it.each([
    [0, 160, [0, 50, 100, 160]],
    [0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [0.4, 1, [0.4, 0.6, 0.8, 1]],
    [0, 3, [0, 1, 2, 3]],
  ])("have round ticks from %f to %f", (low, high, ticks) => {
    expect(niceTicks(low, high)).toEqual(ticks);
  });
});
