/** From labelled texts to labels, sequences and answers, with the reasons when that cannot be. */
import { describe, expect, it } from "vitest";
import { defaultTask } from "../../../src/config/experiment.ts";
import { bindTask } from "../../../src/tasks/index.ts";
import { labelsOf } from "../../../src/tasks/sequenceClassification.ts";
import { fixtureModel } from "../../parity/models.ts";

const model = await fixtureModel("tiny-bert");
const { tokenizer } = model;
const task = bindTask(defaultTask("sequence-classification"), model);
const labels = ["no", "yes"];

describe("labels", () => {
  it("are sorted, so that the order of the rows does not matter", () => {
    const rows = ["b", "a", "c", "a"].map((label) => ({ text: "film", label }));
    expect(labelsOf(rows)).toEqual(["a", "b", "c"]);
    expect(labelsOf(rows.toReversed())).toEqual(["a", "b", "c"]);
  });

  it("must be two or more", () => {
    const rows = [{ text: "film", label: "good" }];
    expect(() => labelsOf(rows)).toThrow('at least two labels, got only "good". Add rows with another label.');
  });

  it("need examples", () => {
    expect(() => labelsOf([])).toThrow("got no examples at all");
  });
});

describe("encoding", () => {
  it("gives each example its tokens, the pooled row and the place of its label", () => {
    const rows = [
      { text: "good film", label: "yes" },
      { text: "bad film", textPair: "is it", label: "no" },
    ];
    const { sequences } = task.encode(rows, { labels, budget: 64 });
    const needed = "pooled";
    expect(sequences).toEqual([
      { encoding: tokenizer.encode("good film", undefined, 64), needed, labels: Int32Array.of(1) },
      { encoding: tokenizer.encode("bad film", "is it", 64), needed, labels: Int32Array.of(0) },
    ]);
  });

  it("names the row and the label that training does not have", () => {
    const rows = [
      { text: "good", label: "yes" },
      { text: "so", label: "maybe" },
    ];
    expect(() => task.encode(rows, { labels, budget: 64 })).toThrow(
      'Row 2 has the label "maybe", which no training row has (no, yes).',
    );
  });

  it("refuses examples of another task", () => {
    const rows = [
      { text: "good", label: "yes" },
      { tokens: ["good"], tags: ["O"] },
    ];
    expect(() => task.encode(rows, { labels, budget: 64 })).toThrow(
      "This task reads texts with a label; example 2 is words. Choose other data or another task.",
    );
  });
});

it("the head has a weight per class and feature and a bias per class", () => {
  expect(task.head(["a", "b", "c"]).shapes).toEqual([
    { name: "classifier.weight", rows: 3, width: 21, group: "head" },
    { name: "classifier.bias", rows: 1, width: 3, group: "head" },
  ]);
});

it("its baseline is the share of the most frequent evaluation label", () => {
  const rows = ["yes", "no", "yes", "yes"].map((label) => ({ text: "film", label }));
  expect(task.baseline([], rows, labels)).toEqual({ name: "most frequent label", score: 0.75 });
});
