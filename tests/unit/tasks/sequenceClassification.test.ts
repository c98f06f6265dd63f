/** From labelled texts to labels and encoded examples, with the reasons when that cannot be. */
import { describe, expect, it } from "vitest";
import { encodeExamples, headShapes, labelsOf } from "../../../src/tasks/sequenceClassification.ts";
import { fixtureModel } from "../../parity/models.ts";

const { tokenizer } = await fixtureModel("tiny-bert");

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
  it("gives each example its tokens and the place of its label", () => {
    const rows = [
      { text: "good film", label: "yes" },
      { text: "bad film", textPair: "is it", label: "no" },
    ];
    const [first, second] = encodeExamples(rows, ["no", "yes"], tokenizer, 64);
    expect(first).toEqual({ encoding: tokenizer.encode("good film", undefined, 64), label: 1 });
    expect(second).toEqual({ encoding: tokenizer.encode("bad film", "is it", 64), label: 0 });
  });

  it("names the row and the label that training does not have", () => {
    const rows = [
      { text: "good", label: "yes" },
      { text: "so", label: "maybe" },
    ];
    expect(() => encodeExamples(rows, ["no", "yes"], tokenizer, 64)).toThrow(
      'Row 2 has the label "maybe", which no training row has (no, yes).',
    );
  });
});

it("the head has a weight per class and feature and a bias per class", () => {
  expect(headShapes(3, 21, "head")).toEqual([
    { name: "classifier.weight", rows: 3, width: 21, group: "head" },
    { name: "classifier.bias", rows: 1, width: 3, group: "head" },
  ]);
});
