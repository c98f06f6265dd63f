/** What every golden case must give on an executor, as tests: logits, gradients and ten losses of PyTorch. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Executor } from "../../src/engine/executor.ts";
import type { CaseEntry } from "./cases.ts";
import { fixtureModel } from "./models.ts";
import { readCaseAt, replayLogits, replayTraining, type GoldenCase, type TrainingReplay } from "./replay.ts";
import { gradientShares, largestDifference, logitShare, lossShare } from "./tolerances.ts";

/** Opened before the first test runs. */
export type OpenedExecutor = () => Executor;

/** Softmax does not see these: their true gradient is 0, and what both sides have is rounding noise. */
function isKeyBias(name: string): boolean {
  return name.endsWith("attention.self.key.bias");
}

/** Two executors within half a tolerance of PyTorch agree with each other within one. */
const LOGIT_SHARE = 0.5;

export function checkCases(cases: readonly CaseEntry[], executor: OpenedExecutor): void {
  describe.each(cases.map((entry) => [entry.path, entry] as const))("%s", (_path, entry) => {
    let golden: GoldenCase;
    let logits: Float32Array;

    beforeAll(async () => {
      golden = readCaseAt(entry.path, await fixtureModel(entry.model));
      logits = await replayLogits(golden, executor());
    });

    it("gives PyTorch's logits", () => {
      expect(logitShare(logits, golden.document)).toBeLessThanOrEqual(LOGIT_SHARE);
    });

    if (entry.method !== "discrete-prompt") checkTraining(() => golden, executor);

    it("leaves no memory behind", () => {
      expect(executor().allocatedBytes()).toBe(0);
    });
  });
}

/** A discrete prompt trains nothing; every other method is trained for ten steps. */
function checkTraining(golden: () => GoldenCase, executor: OpenedExecutor): void {
  let training: TrainingReplay;

  beforeAll(async () => {
    training = await replayTraining(golden(), executor());
  });

  it("gives PyTorch's gradient of every trained tensor", () => {
    const shares = [...gradientShares(golden(), training)];
    const noise = (name: string): boolean => isKeyBias(name) && golden().document.reading !== undefined;
    expect(shares.filter(([name, share]) => !noise(name) && !(share <= 1))).toEqual([]);
    const noisy = [...training.gradients].filter(([name]) => noise(name)).flatMap(([, values]) => [...values]);
    expect(noisy.every((value) => Math.abs(value) < 1e-5)).toBe(true);
    const trained = golden().setup.trained.map((shape) => shape.name);
    expect([...training.gradients.keys()].toSorted()).toEqual(trained.toSorted());
  });

  it("gives the norm of the whole gradient", () => {
    const { gradientNorm } = golden().document;
    expect((training.steps[0]?.gradientNorm ?? 0) / gradientNorm).toBeCloseTo(1, 4);
  });

  it("gives the losses of ten AdamW steps", () => {
    expect(lossShare(training, golden().document)).toBeLessThanOrEqual(1);
  });
}

/** A causal model's soft prompt computed once per batch is the same as its rows in every sequence. */
export function checkTrunk(softPrompts: readonly CaseEntry[], executor: OpenedExecutor): void {
  const named = softPrompts.map(({ path, model }) => [path, model] as const);
  it.each(named)("%s is the same with the prompt's rows in every sequence", async (path, name) => {
    const model = await fixtureModel(name);
    const [shared, repeated] = [true, false].map((promptTrunk) => readCaseAt(path, model, { promptTrunk }));
    if (shared === undefined || repeated === undefined) throw new Error("Two set-ups are read above.");
    const trunk = await replayTraining(shared, executor());
    const plain = await replayTraining(repeated, executor());
    expect(Math.abs((trunk.steps[0]?.loss ?? 0) / (plain.steps[0]?.loss ?? 0) - 1)).toBeLessThan(1e-6);
    for (const [tensor, expected] of plain.gradients) {
      const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(largestDifference(trunk.gradients.get(tensor) ?? [], expected) / largest).toBeLessThanOrEqual(1e-5);
    }
  });
}
