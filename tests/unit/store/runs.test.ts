/** The list of runs: order, colours, selection; and its tables for export. */
import { afterEach, describe, expect, it } from "vitest";
import { defaultExperiment } from "../../../src/config/experiment.ts";
import { addEvaluation, addSteps, dropCurves, startSeed } from "../../../src/store/curves.ts";
import { curvesTable, runsTable } from "../../../src/store/runActions.ts";
import { freeColours, useRuns } from "../../../src/store/runs.ts";
import { evaluation, experimentOf, facts, runOf } from "./support.ts";

const a = runOf("a", experimentOf("prefix-tuning"), [0.8, 0.9]);
const bb = { ...runOf("bb", experimentOf("head-only"), [0.7]), colour: 1 };

afterEach(() => useRuns.setState({ runs: [], selectedId: undefined, hoveredId: undefined, hidden: new Set() }));

describe("runs", () => {
  it("stand in the order of creation, examples first", () => {
    useRuns.getState().add([bb, a]);
    useRuns.getState().add([{ ...runOf("example", experimentOf("head-only"), [0.6]), example: true }]);
    expect(useRuns.getState().runs.map(({ id }) => id)).toEqual(["example", "a", "bb"]);
  });

  it("lose selection and colour with deletion", () => {
    useRuns.getState().add([a, bb]);
    useRuns.getState().select("a");
    useRuns.getState().remove("a");
    expect(useRuns.getState().selectedId).toBeUndefined();
    expect(freeColours(useRuns.getState().runs, 2)).toEqual([0, 2]);
  });

  it("publish a new list when only curves have grown", () => {
    useRuns.getState().add([a]);
    const { runs } = useRuns.getState();
    useRuns.getState().replace([a]);
    expect(useRuns.getState().runs).not.toBe(runs);
    expect(useRuns.getState().runs).toEqual(runs);
  });

  it("are shown again by the same checkbox that hid them", () => {
    useRuns.getState().toggleHidden("a");
    expect(useRuns.getState().hidden.has("a")).toBe(true);
    useRuns.getState().toggleHidden("a");
    expect(useRuns.getState().hidden.has("a")).toBe(false);
  });
});

describe("tables for export", () => {
  it("have one row per seed with plain numbers", () => {
    const [header, ...rows] = runsTable([a, bb]);
    expect(rows).toHaveLength(3);
    expect(rows.every((row) => row.length === header?.length)).toBe(true);
    expect(rows[1]?.slice(0, 4)).toEqual(["a", "Deep prompt · length 16 · all layers", 2, 0.9]);
  });

  it("name the score and keep what a task reports besides", () => {
    const best = { ...evaluation(100, 0.4), figures: { exactMatch: 0.25 } };
    const asked = {
      ...runOf("qa", defaultExperiment("prefix-tuning", "question-answering"), [0.4]),
      facts: { ...facts, scoreName: "F1", baseline: "the whole context" },
      seeds: [{ seed: 1, best, last: best, seconds: 1 }],
    };
    const [header = [], first, second] = runsTable([bb, asked]);
    const cell = (row: typeof first, name: string) => row?.[header.indexOf(name)];
    expect([cell(second, "score"), cell(second, "best"), cell(second, "exactMatch")]).toEqual(["F1", 0.4, 0.25]);
    expect([cell(second, "baseline"), cell(second, "task")]).toEqual(["the whole context", "question-answering"]);
    expect([cell(first, "score"), cell(first, "exactMatch")]).toEqual(["accuracy", undefined]);
  });

  it("leave a batch's share of right labels out of a score that is something else", () => {
    const entry = { ...runOf("qa", defaultExperiment("prefix-tuning", "question-answering"), [0.4]) };
    const asked = { ...entry, facts: { ...facts, scoreName: "F1" } };
    startSeed("qa", 0, 1);
    addSteps("qa", 0, [{ step: 1, loss: 3, accuracy: 0.5, gradientNorm: 2, learningRate: 0.01, skipped: false }]);
    const [header, train] = curvesTable(asked);
    dropCurves("qa");
    expect(header?.[4]).toBe("F1");
    expect([train?.[4], train?.[8]]).toEqual([undefined, 0.5]);
  });

  it("have every measured point of a run", () => {
    startSeed("a", 0, 1);
    addSteps("a", 0, [{ step: 1, loss: 0.7, accuracy: 0.5, gradientNorm: 2, learningRate: 0.01, skipped: false }]);
    addEvaluation("a", 0, evaluation(1, 0.6));
    const [header, train, evaluated, ...others] = curvesTable(a);
    dropCurves("a");
    expect(header?.slice(0, 4)).toEqual(["seed", "part", "step", "loss"]);
    expect(train).toEqual([1, "train", 1, 0.7, 0.5, 2, 0.01, undefined, 0.5]);
    expect(evaluated?.slice(0, 5)).toEqual([1, "evaluation", 1, 0.4, 0.6]);
    expect(others).toEqual([]);
  });
});
