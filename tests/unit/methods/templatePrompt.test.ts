/** Virtual tokens among the words of a template: they are exactly what word vectors in their places would be. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseExperiment, type Experiment } from "../../../src/config/experiment.ts";
import type { Executor } from "../../../src/engine/executor.ts";
import { packSequences } from "../../../src/models/packing.ts";
import { createPredictor } from "../../../src/training/predict.ts";
import { setUpRun } from "../../../src/training/setup.ts";
import { openExecutor } from "../../parity/executors.ts";
import { fixtureModel, labelled } from "../../parity/models.ts";
import { largestDifference, logitTolerance } from "../../parity/tolerances.ts";

const model = await fixtureModel("encoder-l4-d128");
const labels = ["blame", "praise"];
const texts = [{ text: "A warm and funny film." }, { text: "Dinner was cold." }];
let executor: Executor;

beforeAll(async () => {
  executor = await openExecutor("wasm");
});

afterAll(() => executor.dispose());

function experimentOf(method: object, template: string): Experiment {
  const labelWords = { praise: "good", blame: "bad" };
  const task = { kind: "sequence-classification", head: "verbalizer", template, labelWords };
  return parseExperiment({ task, method, training: { learningRate: 0.01, weightDecay: 0 } });
}

async function logitsOf(experiment: Experiment, values?: ReadonlyMap<string, Float32Array>): Promise<number[]> {
  const options = values === undefined ? {} : { values };
  const predictor = await createPredictor({ experiment, model, labels, executor, ...options });
  const answers = await predictor.predict(texts);
  predictor.dispose();
  return answers.flatMap((answer) => [...labelled(answer).logits]);
}

const slots = { kind: "prompt-tuning", promptLength: 2, placement: "template" };

describe("virtual tokens in a template", () => {
  it("give the logits of the words whose vectors they are", async () => {
    const words = model.weights.get(model.family.wordEmbeddings) ?? new Float32Array();
    const prompt = Float32Array.from(
      model.tokenizer.pieces("it was").flatMap(({ id }) => [...words.subarray(id * 128, (id + 1) * 128)]),
    );
    const expected = await logitsOf(experimentOf({ kind: "discrete-prompt" }, "{text} It was [MASK]."));
    const soft = await logitsOf(experimentOf(slots, "{text} [P][P] [MASK]."), new Map([["prompt", prompt]]));
    expect(largestDifference(soft, expected) / logitTolerance(expected)).toBeLessThanOrEqual(1);
    const apart = await logitsOf(experimentOf(slots, "[P] {text} [P] [MASK]."), new Map([["prompt", prompt]]));
    expect(largestDifference(apart, expected) / logitTolerance(expected)).toBeGreaterThan(100);
  });

  it("can come from a prompt encoder, and all of it has a gradient", () => {
    const method = { kind: "p-tuning", promptLength: 3, placement: "template", hiddenSize: 4 };
    const setup = setUpRun(experimentOf(method, "[P] {text} [P] answer: [P] [MASK]."), model, labels);
    expect([...setup.trainingGraph.gradients.keys()].toSorted()).toEqual(
      setup.trained.map(({ name }) => name).toSorted(),
    );
    expect(setup.trained.map(({ group }) => group)).not.toContain("head");
  });

  it.each([
    [slots, "{text} [P] [MASK].", "Expected 2 virtual tokens [P] in the verbalizer's template, found 1"],
    [{ ...slots, placement: "first" }, "{text} [P][P] [MASK].", "Expected 0 virtual tokens [P]"],
    [{ kind: "head-only" }, "{text} [P] [MASK].", "Expected 0 virtual tokens [P]"],
  ])("must be as many as the prompt has: %j, %s", (method, template, message) => {
    expect(() => setUpRun(experimentOf(method, template), model, labels)).toThrow(message);
  });
});

it("are packed as slots where they stand", () => {
  const encoding = { ids: Int32Array.of(2, -1, 50, -2, 3), types: new Int32Array(5), truncated: false };
  const layout = { promptRows: 0, promptStart: 0, positionOffset: 0, pooledRow: 0 };
  const { indices } = packSequences([{ encoding, needed: Int32Array.of(3) }], layout);
  expect([...(indices["tokens.word"] ?? [])]).toEqual([2, -1, 50, -1, 3]);
  expect([...(indices["tokens.slot"] ?? [])]).toEqual([-1, 0, -1, 1, -1]);
  expect([...(indices["tokens.position"] ?? [])]).toEqual([0, 1, 2, 3, 4]);
  expect([...(indices["needed.row"] ?? [])]).toEqual([3]);
});
