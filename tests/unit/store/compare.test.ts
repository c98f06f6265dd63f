/** The comparison over lengths and depths, pooled over runs and seeds. */
import { describe, expect, it } from "vitest";
import { compareFamilies, compareLines, depthOf, headOnlyLevel } from "../../../src/store/compare.ts";
import { experimentOf, runOf } from "./support.ts";

const deep = (id: string, promptLength: number, layers: "all" | number[], accuracies: number[]) =>
  runOf(id, experimentOf("prefix-tuning", { promptLength, layers }), accuracies);

const runs = [
  deep("a", 4, "all", [0.7]),
  deep("bb", 16, "all", [0.8, 0.9]),
  deep("ccc", 16, "all", [0.7]),
  deep("dddd", 16, [3, 4], [0.75]),
  runOf("head", experimentOf("head-only"), [0.6, 0.7]),
  runOf("live", experimentOf("prefix-tuning")),
  runOf("topic", experimentOf("prefix-tuning", {}, { data: { kind: "built-in", id: "topic" } }), [0.5]),
];

describe("comparison", () => {
  it("groups finished prompt runs by data, model and method, the newest group first", () => {
    const families = compareFamilies(runs);
    expect(families.map((family) => family.runs.map(({ id }) => id))).toEqual([["topic"], ["dddd", "ccc", "bb", "a"]]);
  });

  it("draws a line per depth against length, pooling the seeds of equal runs", () => {
    const family = compareFamilies(runs)[1];
    if (!family) throw new Error("no family");
    const lines = compareLines(family, "length", 4);
    expect(lines.map(({ fixed }) => fixed)).toEqual([2, 4]);
    expect(lines[1]?.points.map(({ x, seeds }) => [x, seeds])).toEqual([
      [4, 1],
      [16, 3],
    ]);
    expect(lines[1]?.points[1]?.mean).toBeCloseTo(0.8);
    expect(lines[1]?.points[1]?.deviation).toBeCloseTo(0.1);
  });

  it("draws a line per length against depth", () => {
    const family = compareFamilies(runs)[1];
    if (!family) throw new Error("no family");
    const at16 = compareLines(family, "depth", 4).find(({ fixed }) => fixed === 16);
    expect(at16?.points.map(({ x }) => x)).toEqual([2, 4]);
  });

  it("takes the level of head-only runs on the same data", () => {
    const [topic, sentiment] = compareFamilies(runs);
    expect(sentiment && headOnlyLevel(sentiment, runs)).toBeCloseTo(0.65);
    expect(topic && headOnlyLevel(topic, runs)).toBeUndefined();
  });

  it("keeps heads apart: their scores answer different questions", () => {
    const words = { task: { kind: "sequence-classification", head: "verbalizer" } };
    const worded = runOf("words", experimentOf("prefix-tuning", {}, words), [0.7]);
    expect(compareFamilies([...runs, worded])[0]?.runs).toEqual([worded]);
  });

  it("counts a soft prompt as depth 0", () => {
    expect(depthOf(runOf("s", experimentOf("prompt-tuning"), [0.8]), 4)).toBe(0);
  });
});
