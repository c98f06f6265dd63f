/** Label words at a mask: templates, words that do not fit,, and answers without training. */
import { describe, expect, it } from "vitest";
import { parseExperiment, type Experiment } from "../../../src/config/experiment.ts";
import { scoreBefore } from "../../../src/training/before.ts";
import { requireTrained, setUpRun } from "../../../src/training/setup.ts";
import { bindTask } from "../../../src/tasks/index.ts";
import { openExecutor } from "../../parity/executors.ts";
import { fixtureModel } from "../../parity/models.ts";

const model = await fixtureModel("encoder-l4-d128");
const { tokenizer } = model;
const labels = ["bad", "good"];

function experimentOf(task: object, method: object = { kind: "prefix-tuning", promptLength: 4 }): Experiment {
  const training = { learningRate: 0.01, weightDecay: 0 };
  return parseExperiment({ task: { kind: "sequence-classification", head: "verbalizer", ...task }, method, training });
}

describe("a text in its template", () => {
  const encode = (template: string, text: object, budget = 64) => {
    const { task } = experimentOf({ template });
    return bindTask(task, model).read([{ text: "a film", ...text }], { labels, budget }).sequences[0];
  };

  it("is one segment whose needed row is the mask", () => {
    const sequence = encode("{text} It was [MASK].", {});
    const row = sequence?.needed === "pooled" ? -1 : (sequence?.needed[0] ?? -1);
    expect(sequence?.encoding.ids[row]).toBe(tokenizer.maskId);
    expect(tokenizer.wrap(tokenizer.pieces("a film It was").map(({ id }) => id)).ids.slice(0, row)).toEqual(
      sequence?.encoding.ids.slice(0, row),
    );
    expect(sequence?.encoding.types.every((type) => type === 0)).toBe(true);
  });

  it("is cut where it is too long, the template never", () => {
    const sequence = encode("{text} It was [MASK].", { text: "film ".repeat(50) }, 16);
    expect(sequence?.encoding).toMatchObject({ truncated: true });
    expect(sequence?.encoding.ids).toHaveLength(16);
    expect([...(sequence?.encoding.ids ?? [])]).toContain(tokenizer.maskId);
  });

  it("may hold a pair, and must where there are pairs", () => {
    expect(encode("{text} ? [MASK] , {text_pair}", { textPair: "a story" })?.encoding.ids.length).toBeGreaterThan(8);
    expect(() => encode("{text} [MASK]", { textPair: "a story" })).toThrow("expected {text_pair} in the template");
  });

  it.each([
    ["{text} It was great.", "Expected [MASK] once in the template, got it 0 times"],
    ["It was [MASK].", "Expected {text} once in the template, got it 0 times"],
    ["{text} [MASK] [MASK]", "got it 2 times"],
  ])("refuses the template %s", (template, message) => {
    expect(() => encode(template, {})).toThrow(message);
  });
});

describe("label words", () => {
  it.each([
    [
      { bad: "unforgettablest" },
      /The word "unforgettablest" for the label "bad" is \d+ tokens long \(.*\); expected one/,
    ],
    [{ bad: "☃☃" }, /is not in the model's vocabulary/],
    [{ worse: "worse" }, /There is a label word for "worse", but the labels are bad, good/],
    [{ bad: "good" }, /The word "good" stands for two labels/],
  ])("%j are refused", (labelWords, message) => {
    expect(() => setUpRun(experimentOf({ labelWords }), model, labels)).toThrow(message);
  });
});

it("needs a model with a masked-language-model head", async () => {
  const bare = await fixtureModel("tiny-bert");
  expect(() => setUpRun(experimentOf({}), bare, labels)).toThrow(
    'Expected a model with a masked-language-model head (tensors cls.predictions.*) for label words; "tiny-bert" has none.',
  );
});

it("trains the prompt and nothing else", () => {
  const setup = setUpRun(experimentOf({}), model, labels);
  expect(setup.trained.map(({ name }) => name)).toEqual(["prefix"]);
});

it("does not fit a method that trains the head only", () => {
  const experiment = experimentOf({}, { kind: "head-only" });
  expect(() => requireTrained(setUpRun(experiment, model, labels), experiment)).toThrow(
    "Nothing would be trained: head-only has no prompt",
  );
});

it("answers better than chance without any training", async () => {
  const texts = ["I love this wonderful film", "a great story", "what a lovely day", "the best song"];
  const others = ["I hate this awful film", "a boring story", "what a terrible day", "the worst song"];
  const train = [...texts.map((text) => ({ text, label: "good" })), ...others.map((text) => ({ text, label: "bad" }))];
  const executor = await openExecutor("wasm");
  const scores = await scoreBefore({
    experiment: experimentOf({}),
    model,
    examples: { name: "opinions", train, evaluation: train },
    executor,
  });
  expect(scores?.examples).toBe(8);
  expect(scores?.accuracy).toBeGreaterThanOrEqual(0.75);
  expect(executor.allocatedBytes()).toBe(0);
  executor.dispose();
});
