/** Confusion matrix, order and table of outcomes, worked out by hand. */
import { describe, expect, it } from "vitest";
import {
  confusionOf,
  frequentConfusions,
  predictionsTable,
  worstFirst,
  type ExampleOutcome,
} from "../../../src/lib/exampleOutcome.ts";

const outcome = (place: number, gold: string, predicted: string, loss: number): ExampleOutcome => ({
  place,
  text: `text ${place}`,
  gold,
  predicted,
  score: gold === predicted ? 1 : 0,
  loss,
  probabilities: { a: 0.25, b: 0.75 },
});

const outcomes = [
  outcome(1, "a", "a", 0.5),
  outcome(2, "a", "b", 2),
  outcome(3, "b", "a", 1),
  outcome(4, "a", "b", 2),
  outcome(5, "b", "b", 0.1),
];

const sentence: ExampleOutcome = {
  place: 1,
  text: "Ann runs",
  gold: "B-P O",
  predicted: "O O",
  score: 0.5,
  loss: 0.7,
  words: [
    { word: "Ann", gold: "B-P", predicted: "O", probability: 0.6 },
    { word: "runs", gold: "O", predicted: "O" },
  ],
};

describe("the confusion matrix", () => {
  it("counts what is right by rows and what was predicted by columns", () => {
    expect(confusionOf(outcomes, ["a", "b"])).toEqual({
      labels: ["a", "b"],
      counts: [
        [1, 2],
        [1, 1],
      ],
      unit: "examples",
    });
  });

  it("counts the words of tagged sentences, and tags that no training sentence has", () => {
    expect(confusionOf([sentence], ["O"])).toEqual({
      labels: ["O", "B-P"],
      counts: [
        [1, 0],
        [1, 0],
      ],
      unit: "words",
    });
  });

  it("does not exist where answers are no labels", () => {
    const { probabilities: _none, ...answer } = outcome(1, "Porto", "Lisbon", 3);
    expect(confusionOf([answer], [])).toBeUndefined();
  });

  it("names what was mixed up most", () => {
    const matrix = confusionOf(outcomes, ["a", "b"]);
    expect(matrix && frequentConfusions(matrix)).toEqual([
      { gold: "a", predicted: "b", count: 2, share: 2 / 3 },
      { gold: "b", predicted: "a", count: 1, share: 1 / 2 },
    ]);
  });
});

it("puts the highest loss first and equals in their order", () => {
  expect(worstFirst(outcomes).map(({ place }) => place)).toEqual([2, 4, 3, 1, 5]);
});

describe("the table of predictions", () => {
  it("has the probability of every label", () => {
    const [header, first] = predictionsTable(outcomes, ["a", "b"]);
    expect(header?.slice(-2)).toEqual(["probability of a", "probability of b"]);
    expect(first).toEqual([1, "text 1", "a", "a", 1, 0.5, 0.25, 0.75]);
  });

  it("has a column for second texts only where there are any", () => {
    const pair = { ...outcome(2, "a", "b", 2), textPair: "more" };
    expect(predictionsTable([outcome(1, "a", "a", 1), pair], []).map((row) => row[2])).toEqual([
      "second text",
      undefined,
      "more",
    ]);
  });

  it("has a row per word of tagged sentences", () => {
    expect(predictionsTable([sentence], ["O"]).slice(1)).toEqual([
      [1, 1, "Ann", "B-P", "O", 0.6, 0.7],
      [1, 2, "runs", "O", "O", undefined, 0.7],
    ]);
  });
});
