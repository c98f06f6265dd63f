/** From examples to training and evaluation parts: splits, few-shot draws, cuts, and what is refused. */
import { describe, expect, it } from "vitest";
import { parseExperiment, type Experiment } from "../../../src/config/experiment.ts";
import { isTextExample, type Example, type TextExample } from "../../../src/lib/examples/example.ts";
import { drawFewShot, prepareData, splitExamples, tokenBudget } from "../../../src/training/prepareData.ts";
import { fixtureModel } from "../../parity/models.ts";

const model = await fixtureModel("tiny-bert");

/** Numbered examples: so many per label. */
function examples(counts: Record<string, number>): TextExample[] {
  return Object.entries(counts).flatMap(([label, count]) =>
    Array.from({ length: count }, (_, index) => ({ text: `${label} film ${index}`, label })),
  );
}

function experimentOf(change: object = {}, training: object = {}): Experiment {
  const method = { kind: "head-only" };
  return parseExperiment({ method, training: { learningRate: 0.01, weightDecay: 0, ...training }, ...change });
}

function countLabels(rows: readonly TextExample[]): Record<string, number> {
  return Object.fromEntries(
    [...new Set(rows.map(({ label }) => label))]
      .toSorted()
      .map((label) => [label, rows.filter((row) => row.label === label).length]),
  );
}

const byLabel = (example: Example): string => (isTextExample(example) ? example.label : "");
const textsOf = (rows: readonly TextExample[]): string[] => rows.map(({ text }) => text);

describe("a split", () => {
  const set = { name: "own", train: examples({ a: 40, b: 20, c: 4 }) };

  it("keeps the shares of the labels in both parts", () => {
    const { train, evaluation } = splitExamples(set, byLabel, { share: 0.25, seed: 1 });
    expect(countLabels(train)).toEqual({ a: 30, b: 15, c: 3 });
    expect(countLabels(evaluation)).toEqual({ a: 10, b: 5, c: 1 });
  });

  it("puts every example into exactly one part", () => {
    const { train, evaluation } = splitExamples(set, byLabel, { share: 0.4, seed: 1 });
    expect([...textsOf(train), ...textsOf(evaluation)].toSorted()).toEqual(textsOf(set.train).toSorted());
  });

  it("depends on the seed and nothing else", () => {
    expect(splitExamples(set, byLabel, { share: 0.25, seed: 3 })).toEqual(
      splitExamples(set, byLabel, { share: 0.25, seed: 3 }),
    );
    expect(textsOf(splitExamples(set, byLabel, { share: 0.25, seed: 4 }).evaluation)).not.toEqual(
      textsOf(splitExamples(set, byLabel, { share: 0.25, seed: 3 }).evaluation),
    );
  });

  it("leaves a label with two rows one in each part", () => {
    const { train, evaluation } = splitExamples({ name: "few", train: examples({ a: 2, b: 2 }) }, byLabel, {
      share: 0.05,
      seed: 1,
    });
    expect([countLabels(train), countLabels(evaluation)]).toEqual([
      { a: 1, b: 1 },
      { a: 1, b: 1 },
    ]);
  });

  it("keeps a label's only row for training", () => {
    const { train, evaluation } = splitExamples({ name: "few", train: examples({ a: 1, b: 10 }) }, byLabel, {
      share: 0.9,
      seed: 1,
    });
    expect(countLabels(train)["a"]).toBe(1);
    expect(countLabels(evaluation)["a"]).toBeUndefined();
  });

  it("is not made when both parts are given", () => {
    const evaluation = examples({ a: 1, b: 1 });
    expect(splitExamples({ ...set, evaluation }, byLabel, { share: 0.25, seed: 1 })).toEqual({
      train: set.train,
      evaluation,
    });
  });

  it("copes with a hundred and fifty thousand rows", () => {
    const rows = examples({ a: 75_000, b: 75_000 });
    expect(splitExamples({ name: "large", train: rows }, byLabel, { share: 0.1, seed: 1 }).train).toHaveLength(135_000);
  });
});

describe("a few-shot draw", () => {
  const rows = examples({ a: 10, b: 30, c: 3 });

  it("takes k examples of every label", () => {
    expect(countLabels(drawFewShot(rows, byLabel, 2, 1))).toEqual({ a: 2, b: 2, c: 2 });
  });

  it("takes all of a label that has fewer", () => {
    expect(countLabels(drawFewShot(rows, byLabel, 8, 1))).toEqual({ a: 8, b: 8, c: 3 });
  });

  it("takes each example at most once", () => {
    const drawn = textsOf(drawFewShot(rows, byLabel, 8, 1));
    expect(new Set(drawn).size).toBe(drawn.length);
  });

  it("depends on the seed and nothing else", () => {
    expect(drawFewShot(rows, byLabel, 4, 7)).toEqual(drawFewShot(rows, byLabel, 4, 7));
    expect(drawFewShot(rows, byLabel, 4, 8)).not.toEqual(drawFewShot(rows, byLabel, 4, 7));
  });

  it("of more contains the draw of fewer", () => {
    expect(textsOf(drawFewShot(rows, byLabel, 6, 1))).toEqual(
      expect.arrayContaining(textsOf(drawFewShot(rows, byLabel, 3, 1))),
    );
  });

  it("is not made without a k", () => {
    expect(drawFewShot(rows, byLabel, null, 1)).toBe(rows);
  });
});

describe("prepared data", () => {
  it("draws few shots from the training part only", () => {
    const set = { name: "own", train: examples({ a: 20, b: 20 }) };
    const data = prepareData(set, experimentOf({ examplesPerClass: 3 }), model, 1);
    expect([data.trainExamples.length, data.evaluationExamples.length]).toEqual([6, 10]);
    expect([data.train.sequences.length, data.evaluation.sequences.length]).toEqual([6, 10]);
  });

  it("counts the texts that had to be cut, in both parts, and the longest that is left", () => {
    const long = "film ".repeat(20);
    const train = [...examples({ a: 2, b: 2 }), { text: long, label: "a" }];
    const evaluation = [{ text: long, label: "b" }];
    const data = prepareData({ name: "own", train, evaluation }, experimentOf({}, { maxTokens: 8 }), model, 1);
    expect(data).toMatchObject({ truncated: 2, longest: 8, labels: ["a", "b"] });
  });

  it("takes its labels from the training part", () => {
    const set = { name: "own", train: examples({ a: 2, b: 2 }), evaluation: examples({ a: 1 }) };
    expect(prepareData(set, experimentOf(), model, 1).labels).toEqual(["a", "b"]);
  });
});

describe("data that cannot be used", () => {
  it.each([
    [
      "has a label in its evaluation part that training lacks",
      { train: examples({ a: 2, b: 2 }), evaluation: examples({ z: 1 }) },
      'label "z"',
    ],
    ["has one class only", { train: examples({ a: 9 }) }, 'at least two labels, got only "a"'],
    ["has no rows", { train: [] }, "no examples at all"],
    [
      "has an empty evaluation part",
      { train: examples({ a: 2, b: 2 }), evaluation: [] },
      "No rows are left for evaluation",
    ],
    [
      "has a single row per class and no evaluation part",
      { train: examples({ a: 1, b: 1 }) },
      "No rows are left for evaluation",
    ],
  ])("because it %s says so", (_reason, parts, message) => {
    expect(() => prepareData({ name: "own", ...parts }, experimentOf(), model, 1)).toThrow(message);
  });
});

describe("the room for a text", () => {
  const withPrompt = (promptLength: number, maxTokens: number): Experiment =>
    experimentOf({ method: { kind: "prompt-tuning", promptLength } }, { maxTokens });

  it.each([
    [0, 32, 32],
    [0, 500, 64],
    [16, 32, 32],
    [16, 500, 48],
    [60, 500, 4],
  ])("behind a prompt of %i with at most %i tokens is %i of 64 positions", (length, maxTokens, room) => {
    expect(tokenBudget(length === 0 ? experimentOf({}, { maxTokens }) : withPrompt(length, maxTokens), 64)).toBe(room);
  });

  it.each([61, 64, 100])("is refused when a prompt of %i leaves fewer than four of 64 positions", (length) => {
    expect(() => tokenBudget(withPrompt(length, 64), 64)).toThrow(
      `A prompt of ${length} leaves ${Math.max(0, 64 - length)} of the model's 64 positions for text; at least 4 are needed. Shorten the prompt.`,
    );
  });
});
