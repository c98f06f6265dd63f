/** Plain words for runs and for what differs between them. */
import { describe, expect, it } from "vitest";
import { defaultExperiment } from "../../../src/config/experiment.ts";
import { describeDifferences, describeExperiment, layerWords } from "../../../src/store/describeRun.ts";
import { experimentOf } from "./support.ts";

describe("differences between runs", () => {
  const before = experimentOf("prefix-tuning", { promptLength: 16 });

  it("names only what changed", () => {
    expect(describeDifferences(before, experimentOf("prefix-tuning", { promptLength: 32 }))).toEqual([
      "length 16 → 32",
    ]);
    expect(describeDifferences(before, experimentOf("prefix-tuning", { layers: [3, 4] }))).toEqual([
      "layers all → 3–4",
    ]);
    expect(describeDifferences(before, experimentOf("prefix-tuning", {}, { examplesPerClass: 8 }))).toEqual([
      "examples per class all → 8",
    ]);
    expect(describeDifferences(before, before)).toEqual([]);
  });

  it("says the method instead of everything that follows from it", () => {
    const soft = experimentOf("prompt-tuning", {}, { seed: 4 });
    expect(describeDifferences(before, soft)).toEqual(["deep prompt → soft prompt", "seed 1 → 4"]);
  });

  it("names data by its name", () => {
    const own = experimentOf("prefix-tuning", {}, { data: { kind: "own", name: "mine.csv" } });
    expect(describeDifferences(before, own)).toEqual(["data sentiment → mine.csv"]);
  });

  it("names another task without what follows from it", () => {
    const data = { kind: "built-in", id: "questions" } as const;
    const asked = { ...defaultExperiment("prefix-tuning", "question-answering"), data };
    expect(describeDifferences(before, asked)).toEqual([
      "data sentiment → questions",
      "task classify texts → answer questions",
    ]);
  });

  it("names head and label words", () => {
    const words = { kind: "sequence-classification", head: "verbalizer", labelWords: { negative: "bad" } };
    const worded = experimentOf("prefix-tuning", {}, { task: words });
    expect(describeDifferences(before, worded)).toEqual([
      "head linear → verbalizer",
      "label words the labels → negative: bad",
    ]);
    expect(describeExperiment(worded)).toBe("Deep prompt · label words · length 16 · all layers");
  });

  it("names the data that share a prompt", () => {
    const topic = { data: { kind: "built-in", id: "topic" }, task: { kind: "sequence-classification" } };
    const shared = experimentOf("prefix-tuning", {}, { multiTask: { others: [topic], continueSteps: 40 } });
    expect(describeDifferences(before, shared)).toEqual(["prompt shared with none → topic", "steps alone 0 → 40"]);
    expect(describeExperiment(shared)).toBe("Deep prompt · length 16 · all layers · shared with topic");
  });

  it("keeps silent about a backend that was left to the studio", () => {
    expect(describeDifferences(before, experimentOf("prefix-tuning", {}, { backend: "wasm" }))).toEqual([]);
  });
});

describe("a run in words", () => {
  it("names method, length and layers", () => {
    expect(describeExperiment(experimentOf("prefix-tuning", { layers: [4] }, { examplesPerClass: 2 }))).toBe(
      "Deep prompt · length 16 · layer 4 · 2 per class",
    );
    expect(describeExperiment(experimentOf("head-only"))).toBe("Head only");
  });

  it.each([
    ["all", "all layers"],
    [[2], "layer 2"],
    [[4, 3], "layers 3–4"],
    [[1, 3], "layers 1, 3"],
  ])("writes %j as %s", (layers, words) => {
    expect(layerWords(layers)).toBe(words);
  });
});
