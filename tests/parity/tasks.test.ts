/**
 * Parity with transformers and PEFT of tasks beyond classifying texts: tagging words, answering questions and label words at
 * a mask, with deep and soft prompts and with all weights trained, on every executor.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Executor } from "../../src/engine/executor.ts";
import { openExecutor, type TestedBackend } from "./executors.ts";
import { fixtureModel, type FixtureModel } from "./models.ts";
import { readCaseAt, replayLogits, replayTraining, type GoldenCase, type TrainingReplay } from "./replay.ts";
import { gradientShares, logitShare, lossShare } from "./tolerances.ts";

const prompted = ["tags", "answers", "words"].flatMap((task) => [`${task}-prefix-tuning`, `${task}-prompt-tuning`]);
const runs: readonly (readonly [FixtureModel, TestedBackend, readonly string[]])[] = [
  ["tiny-bert", "wasm", [...prompted, "words-full-fine-tuning"]],
  ["tiny-bert", "webgpu", [...prompted, "words-full-fine-tuning"]],
  ["encoder-l4-d128", "wasm", prompted],
  ["encoder-l4-d128", "webgpu", prompted],
];

/** Softmax does not see these: their true gradient is 0, and what both sides have is rounding noise. */
function isKeyBias(name: string): boolean {
  return name.endsWith("attention.self.key.bias");
}

describe.each(runs)("%s on %s", (modelName, backend, names) => {
  let executor: Executor;

  beforeAll(async () => {
    executor = await openExecutor(backend);
  });

  afterAll(() => executor.dispose());

  describe.each(names)("%s", (name) => {
    let golden: GoldenCase;
    let logits: Float32Array;
    let training: TrainingReplay;

    beforeAll(async () => {
      golden = readCaseAt(`${modelName}/${name}`, await fixtureModel(modelName));
      logits = await replayLogits(golden, executor);
      training = await replayTraining(golden, executor);
    });

    it("gives PyTorch's logits of every row", () => {
      expect(logitShare(logits, golden.document)).toBeLessThanOrEqual(1);
    });

    it("gives PyTorch's gradient of every trained tensor", () => {
      const shares = gradientShares(golden, training);
      expect([...shares].filter(([name, share]) => !isKeyBias(name) && !(share <= 1))).toEqual([]);
      const noise = [...training.gradients].filter(([name]) => isKeyBias(name)).flatMap(([, values]) => [...values]);
      expect(noise.every((value) => Math.abs(value) < 1e-5)).toBe(true);
      expect([...training.gradients.keys()].toSorted()).toEqual(
        golden.setup.trained.map((shape) => shape.name).toSorted(),
      );
    });

    it("gives the losses of ten AdamW steps", () => {
      expect(lossShare(training, golden.document)).toBeLessThanOrEqual(1);
    });
  });
});
