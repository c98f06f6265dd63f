/** The sweep of the page: its settings as the base, its lines as axes, and a file on the way in and out. */
import { beforeEach, describe, expect, it } from "vitest";
import { defaultExperiment } from "../../../src/config/experiment.ts";
import { parseSweep, planSweep } from "../../../src/config/sweep.ts";
import { useDraft } from "../../../src/store/draft.ts";
import { loadSweep, plannedSweep, usableAxes, useSweepDraft } from "../../../src/store/sweepDraft.ts";
import { experimentOf } from "./support.ts";

const lines = { axes: [{ field: "method.promptLength", text: "1, 4" }], seeds: "3, 5" };
const start = useSweepDraft.getState();

beforeEach(() => {
  useDraft.getState().load(defaultExperiment());
  useSweepDraft.getState().replace({ axes: start.axes, seeds: start.seeds });
});

describe("a sweep of the page", () => {
  it("is what differs from the defaults, with the lines as axes and seeds", () => {
    const experiment = experimentOf("prompt-tuning", { promptLength: 32 }, { examplesPerClass: 8, seed: 9, seeds: 3 });
    const planned = plannedSweep(experiment, lines);
    if (planned.kind === "problem") throw new Error(planned.message);
    expect(planned.sweep).toEqual({
      base: { method: { kind: "prompt-tuning" }, task: { kind: "sequence-classification" }, examplesPerClass: 8 },
      axes: [{ field: "method.promptLength", values: [1, 4] }],
      seeds: [3, 5],
    });
    const expected = { ...experiment, method: { ...experiment.method, promptLength: 4 }, seed: 5, seeds: 1 };
    expect(planned.cells.at(-1)?.experiment).toEqual(expected);
  });

  it("keeps the task, with its own defaults", () => {
    const experiment = defaultExperiment("prefix-tuning", "token-classification");
    const planned = plannedSweep(experiment, lines);
    if (planned.kind === "problem") throw new Error(planned.message);
    const [cell] = planned.cells;
    const method = { ...experiment.method, promptLength: 1 };
    expect(cell?.experiment).toEqual({ ...experiment, method, seed: 3, seeds: 1 });
  });

  it("says what is wrong with a line", () => {
    const tooLong = { ...lines, axes: [{ field: "method.promptLength", text: "1, 400" }] };
    expect(plannedSweep(defaultExperiment(), tooLong)).toEqual({
      kind: "problem",
      message: expect.stringMatching(/"method.promptLength": Expected at most 128, got 400/),
    });
  });

  it("leaves out axes that the method does not have", () => {
    expect(usableAxes(start.axes, defaultExperiment("head-only"))).toEqual([]);
    expect(usableAxes(start.axes, defaultExperiment("prompt-tuning")).map(({ field }) => field)).toEqual([
      "method.promptLength",
    ]);
  });
});

describe("a file", () => {
  const file = {
    base: { method: { kind: "prefix-tuning" }, training: { steps: 12 }, backend: "cpu" },
    axes: [
      { field: "method.layers", values: ["top half", [1, 3]] },
      { field: "training.learningRate", values: [0.01, 0.02] },
    ],
    seeds: [4, 2],
  };

  it("becomes the settings and the lines of the page, which give the same cells again", () => {
    loadSweep(file);
    const { experiment } = useDraft.getState();
    expect(experiment).toMatchObject({ training: { steps: 12 }, seed: 4, backend: "auto" });
    const { axes, seeds } = useSweepDraft.getState();
    expect([axes.map(({ text }) => text), seeds]).toEqual([["top half, 1+3", "0.01, 0.02"], "4, 2"]);
    const planned = plannedSweep(experiment, { axes, seeds });
    if (planned.kind === "problem") throw new Error(planned.message);
    const own = { ...file, base: { ...file.base, backend: "auto" } };
    expect(planned.cells).toEqual(planSweep(parseSweep(own)));
  });

  it("that cannot be used changes nothing", () => {
    expect(() => loadSweep({ ...file, seeds: [] })).toThrow(/at least one seed/);
    expect(useDraft.getState().experiment).toEqual(defaultExperiment());
    expect(useSweepDraft.getState().axes).toEqual(start.axes);
  });
});
