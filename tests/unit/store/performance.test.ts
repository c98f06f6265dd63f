/** What the page makes of a measurement's events, which run's figures it shows, and when a difference counts. */
import { describe, expect, it } from "vitest";
import { applySavingsEvent, performanceRun, savedBy, type Measurement } from "../../../src/store/performance.ts";
import { applyEvent } from "../../../src/store/runEntry.ts";
import type { RunPerformance, SavingsEvent, StepFigure } from "../../../src/worker/protocol.ts";
import { experimentOf, runOf } from "./support.ts";

const experiment = experimentOf("prefix-tuning");
const performance: RunPerformance = {
  steps: 10,
  tokens: 1000,
  seconds: 2,
  timing: { dispatches: 500, submits: 10, encodeSeconds: 0.1, waitSeconds: 1.5, deviceSeconds: 1.8 },
  memory: { weights: 100, trained: 20, activations: 30, cache: 0, other: 5 },
  products: {},
};

function figure(milliseconds: number, spread: number): StepFigure {
  return { milliseconds, low: milliseconds - spread, high: milliseconds + spread, bytes: 1000 };
}

describe("a measurement", () => {
  const start: Measurement = { state: "running", experiment, done: 0, total: 0, outcomes: {} };
  const reference = figure(10, 1);
  const events: SavingsEvent[] = [
    { kind: "outcome", saving: "promptTrunk", outcome: { kind: "unused" } },
    { kind: "progress", done: 11, total: 33, saving: "frontier" },
    { kind: "reference", step: reference },
    { kind: "outcome", saving: "frontier", outcome: { kind: "measured", step: figure(20, 1) } },
  ];

  it("gathers reference and outcomes, and knows what is switched off", () => {
    const after = events.reduce(applySavingsEvent, start);
    expect(after).toMatchObject({ done: 11, total: 33, saving: "frontier", reference });
    expect(after.outcomes).toEqual({
      promptTrunk: { kind: "unused" },
      frontier: { kind: "measured", step: figure(20, 1) },
    });
  });

  it("forgets what was switched off when everything is on again", () => {
    const after = [...events, { kind: "progress", done: 22, total: 33 } as const].reduce(applySavingsEvent, start);
    expect(after.done).toBe(22);
    expect(after.saving).toBeUndefined();
  });
});

describe("what a saving saves", () => {
  it("is the difference, as a share of the step without it", () => {
    expect(savedBy(figure(10, 1), figure(40, 2))).toEqual({ milliseconds: 30, share: 0.75, isClear: true });
  });

  it("is not clear while the middle halves overlap", () => {
    expect(savedBy(figure(10, 2), figure(13, 2)).isClear).toBe(false);
    expect(savedBy(figure(10, 2), figure(15, 2)).isClear).toBe(true);
  });

  it("may be a loss", () => {
    const { milliseconds, isClear } = savedBy(figure(10, 1), figure(6, 1));
    expect(milliseconds).toBe(-4);
    expect(isClear).toBe(true);
  });
});

describe("the run whose figures are shown", () => {
  const event = { kind: "performance", seedIndex: 0, performance } as const;
  const withFigures = (id: string) => applyEvent(runOf(id, experiment), event);
  const ended = { ...withFigures("a"), status: "finished" } as const;

  it("takes its figures from the run's events", () => {
    expect(withFigures("a").performance).toEqual(performance);
  });

  it("is the one in progress as soon as it has any, else the newest that has", () => {
    const newer = { ...withFigures("bb"), status: "stopped" } as const;
    const kept = { ...runOf("ccc", experiment), status: "finished" } as const;
    expect(performanceRun([ended, withFigures("live"), newer])?.id).toBe("live");
    expect(performanceRun([ended, newer, kept])?.id).toBe("bb");
    expect(performanceRun([ended, runOf("live", experiment)])?.id).toBe("a");
    expect(performanceRun([kept])).toBeUndefined();
  });
});
