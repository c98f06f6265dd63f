/** What is told about a data set before training, and how a text will look to the model. */
import { describe, expect, it } from "vitest";
import { parseExperiment, type Experiment } from "../../../src/config/experiment.ts";
import { describeData, hashExamples } from "../../../src/training/describeData.ts";
import type { Example } from "../../../src/lib/examples/example.ts";
import { previewExample, previewInput } from "../../../src/training/preview.ts";
import { fixtureModel } from "../../parity/models.ts";

const model = await fixtureModel("tiny-bert");

function experimentOf(method: object, training: object = {}): Experiment {
  return parseExperiment({ method, training: { learningRate: 0.01, weightDecay: 0, ...training } });
}

const plain = experimentOf({ kind: "head-only" }, { maxTokens: 8 });

const set = {
  name: "own",
  train: [
    { text: "good film", label: "yes" },
    { text: "zebra film", label: "yes" },
    { text: "bad", textPair: "is it", label: "no" },
  ],
  evaluation: [
    { text: "the film was good and not bad at all", label: "yes" },
    { text: "dull", label: "no" },
    { text: "cold", label: "no" },
  ],
};

describe("a data set", () => {
  it("is described by its counts, lengths, cuts and pairs", async () => {
    expect(await describeData(set, plain, model)).toMatchObject({
      name: "own",
      labels: ["no", "yes"],
      trainExamples: 3,
      evaluationExamples: 3,
      trainPerLabel: { no: 1, yes: 2 },
      majorityAccuracy: 2 / 3,
      longestTokens: 8,
      medianTokens: 4,
      truncated: 1,
      input: "pair",
      sequences: 6,
      scoreName: "accuracy",
      baseline: "most frequent label",
    });
  });

  it("tells the words that the vocabulary does not know, and their share", async () => {
    const { unknownShare, unknownExamples } = await describeData(set, plain, model);
    expect(unknownExamples).toEqual(["zebra", "all"]);
    expect(unknownShare).toBeCloseTo(2 / 18, 12);
  });

  it("is known by the hash of its rows in order", async () => {
    const hash = await hashExamples(set);
    expect((await describeData(set, plain, model)).hash).toBe(hash);
    expect(await hashExamples({ ...set, name: "renamed" })).toBe(hash);
    expect(await hashExamples({ ...set, train: set.train.toReversed() })).not.toBe(hash);
    expect(await hashExamples({ name: "own", train: set.train })).not.toBe(hash);
  });
});

describe("the preview of a text", () => {
  const kindsOf = (text: string, experiment: Experiment): string[] =>
    previewInput({ text }, experiment, model).tokens.map(({ kind }) => kind);

  it("shows special tokens, words and unknown words", () => {
    expect(kindsOf("good zebra", plain)).toEqual(["special", "word", "unknown", "special"]);
  });

  it.each(["prefix-tuning", "prompt-tuning"])("shows the slots of %s in front", (kind) => {
    const { tokens } = previewInput({ text: "good" }, experimentOf({ kind, promptLength: 2 }), model);
    expect(tokens.map(({ text }) => text)).toEqual(["P1", "P2", "[CLS]", "good", "[SEP]"]);
  });

  it("shows which text a token belongs to", () => {
    const { tokens } = previewInput({ text: "good", textPair: "bad" }, plain, model);
    expect(tokens.map(({ type }) => type)).toEqual([0, 0, 0, 1, 1]);
  });

  it("is cut where training would cut", () => {
    const { tokens, truncated } = previewInput({ text: "good ".repeat(30) }, plain, model);
    expect([tokens.length, truncated]).toEqual([8, true]);
  });
});

describe("the preview of an example", () => {
  const marked = (task: string, example: Example, labels: string[], training: object = {}) => {
    const experiment = parseExperiment({ ...experimentOf({ kind: "head-only" }, training), task: { kind: task } });
    return previewExample(example, labels, experiment, model);
  };

  it("marks the first piece of each word with its tag", () => {
    const { tokens } = marked("token-classification", { tokens: ["good", "film"], tags: ["O", "B-thing"] }, [
      "B-thing",
      "O",
    ]);
    expect(tokens.map(({ mark }) => mark)).toEqual([undefined, "O", "B-thing", undefined]);
  });

  it("marks the answer, in the window that holds it", () => {
    const context = "the film was good and the book was not bad";
    const answers = [{ text: "bad", start: context.indexOf("bad") }];
    const { tokens, windows, window } = marked("question-answering", { context, question: "what", answers }, [], {
      maxTokens: 10,
    });
    expect(windows).toBeGreaterThan(1);
    expect(window).toBe(windows - 1);
    expect(tokens.filter(({ mark }) => mark === "answer").map(({ text }) => text)).toEqual(["bad"]);
  });

  it("tells the label of a text", () => {
    expect(marked("sequence-classification", { text: "good film", label: "yes" }, ["no", "yes"])).toMatchObject({
      label: "yes",
      windows: 1,
    });
  });

  it("shows virtual tokens where a template has them, and the gap", async () => {
    const encoder = await fixtureModel("encoder-l4-d128");
    const task = { kind: "sequence-classification", head: "verbalizer", template: "[P] {text} [P] [MASK]" };
    const method = { kind: "prompt-tuning", promptLength: 2, placement: "template" };
    const experiment = parseExperiment({ ...experimentOf(method), task });
    const { tokens } = previewInput({ text: "film" }, experiment, encoder);
    expect(tokens.map(({ text }) => text)).toEqual(["[CLS]", "P1", "film", "P2", "[MASK]", "[SEP]"]);
    expect(tokens.map(({ kind }) => kind)).toEqual(["special", "slot", "word", "slot", "special", "special"]);
  });
});
