/**
 * Parity with PyTorch: every golden case of both models, through the studio's own set-up, on every executor. The small
 * model runs on all of them, the built-in one on wasm and WebGPU.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Executor } from "../../src/engine/executor.ts";
import { openExecutor, type TestedBackend } from "./executors.ts";
import type { FixtureModel } from "./models.ts";
import { caseNames, readCase, replayLogits, replayTraining, type GoldenCase, type TrainingReplay } from "./replay.ts";
import { gradientShares, largestDifference, logitShare, logitTolerance, lossShare } from "./tolerances.ts";

const runs: readonly (readonly [FixtureModel, TestedBackend])[] = [
  ["tiny-bert", "cpu"],
  ["tiny-bert", "wasm"],
  ["tiny-bert", "webgpu"],
  ["encoder-l4-d128", "wasm"],
  ["encoder-l4-d128", "webgpu"],
];

const logitsByRun = new Map<string, Float32Array>();

describe.each(runs)("%s on %s", (modelName, backend) => {
  let executor: Executor;

  beforeAll(async () => {
    executor = await openExecutor(backend);
  });

  afterAll(() => executor.dispose());

  describe.each(caseNames)("%s", (name) => {
    let golden: GoldenCase;
    let logits: Float32Array;
    let training: TrainingReplay;

    beforeAll(async () => {
      golden = await readCase(modelName, name);
      logits = await replayLogits(golden, executor);
      logitsByRun.set(`${modelName}/${name}/${backend}`, logits);
      training = await replayTraining(golden, executor);
    });

    it("gives PyTorch's logits", () => {
      expect(logitShare(logits, golden.document)).toBeLessThanOrEqual(1);
    });

    it("gives PyTorch's gradient of every trained tensor", () => {
      const shares = gradientShares(golden, training);
      expect([...shares].filter(([, share]) => !(share <= 1))).toEqual([]);
      expect([...training.gradients.keys()].toSorted()).toEqual(
        golden.setup.trained.map((shape) => shape.name).toSorted(),
      );
    });

    it("gives the norm of the whole gradient", () => {
      expect(training.steps[0]?.gradientNorm).toBeCloseTo(golden.document.gradientNorm, 3);
    });

    it("gives the losses of ten AdamW steps", () => {
      expect(lossShare(training, golden.document)).toBeLessThanOrEqual(1);
    });

    it("leaves no memory behind", () => {
      expect(executor.allocatedBytes()).toBe(0);
    });
  });
});

describe.each(["tiny-bert", "encoder-l4-d128"] as const)("%s", (modelName) => {
  it.each(caseNames)("gives the same logits of %s on WebGPU and TensorFlow.js", (name) => {
    const wasm = logitsByRun.get(`${modelName}/${name}/wasm`) ?? new Float32Array();
    const webgpu = logitsByRun.get(`${modelName}/${name}/webgpu`) ?? new Float32Array();
    expect(wasm.length).toBeGreaterThan(0);
    expect(largestDifference(webgpu, wasm) / logitTolerance(wasm)).toBeLessThanOrEqual(1);
  });
});
