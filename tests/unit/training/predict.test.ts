/** Answers to texts: in order, with probabilities, in any number, and the untrained start when nothing was trained. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Executor } from "../../../src/engine/executor.ts";
import { createPredictor, type Predictor } from "../../../src/training/predict.ts";
import { fixtureModel, labelled } from "../../parity/models.ts";
import { openExecutor } from "../../parity/executors.ts";
import { largestDifference } from "../../parity/tolerances.ts";
import { assertFreed, shortRun } from "./support.ts";

const labels = ["no", "yes"];
const texts = ["good film", "bad film", "the story was never dull", "love"].map((text) => ({ text }));

let executor: Executor;
let predictor: Predictor;

beforeAll(async () => {
  executor = await openExecutor("wasm");
  const model = await fixtureModel("tiny-bert");
  predictor = await createPredictor({ experiment: shortRun("prefix-tuning"), model, labels, executor });
});

afterAll(() => {
  predictor.dispose();
  assertFreed(executor);
  executor.dispose();
});

it("gives one answer per text: the label of the largest logit", async () => {
  const predictions = await predictor.predict(texts);
  expect(predictions).toHaveLength(4);
  for (const { logits, label } of predictions.map(labelled))
    expect(label).toBe((logits[1] ?? 0) > (logits[0] ?? 0) ? "yes" : "no");
});

it("gives probabilities that belong to the logits", async () => {
  for (const { logits, probabilities } of (await predictor.predict(texts)).map(labelled)) {
    const [first = 0, second = 0] = logits;
    expect(probabilities[1]).toBeCloseTo(1 / (1 + Math.exp(first - second)), 6);
  }
});

it("gives a text the same answer alone and among many", async () => {
  const many = Array.from({ length: 70 }, (_, index) => texts[index % 4] ?? { text: "" });
  const [alone] = await predictor.predict(texts.slice(2, 3));
  const together = await predictor.predict(many);
  expect(together).toHaveLength(70);
  expect(largestDifference(labelled(together[66]).logits, labelled(alone).logits)).toBeLessThan(1e-5);
});

it("gives no answers to no texts", async () => {
  expect(await predictor.predict([])).toEqual([]);
});

it("answers an empty text and one that is far too long", async () => {
  const predictions = await predictor.predict([{ text: "" }, { text: "good ".repeat(500) }]);
  for (const { logits } of predictions.map(labelled)) expect(logits.every(Number.isFinite)).toBe(true);
});

it("treats an empty second text as none", async () => {
  const [single, empty] = await predictor.predict([{ text: "good film" }, { text: "good film", textPair: "" }]);
  expect(empty).toEqual(single);
});

it("starts from the seed where nothing was trained", async () => {
  const model = await fixtureModel("tiny-bert");
  const experiment = { ...shortRun("prefix-tuning"), seed: 2 };
  const other = await createPredictor({ experiment, model, labels, executor });
  const [mine] = await predictor.predict(texts);
  const [theirs] = await other.predict(texts);
  other.dispose();
  expect(labelled(theirs).logits).not.toEqual(labelled(mine).logits);
});
