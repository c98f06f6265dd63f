/**
 * Parity of GPT-2 with PyTorch: every golden case of the random tiny model, classification and language modelling, through the
 * studio's own set-up, on every executor. Soft prompts run as a trunk and among the tokens, which must be the same.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Executor } from "../../src/engine/executor.ts";
import { graphCosts } from "../../src/engine/graph/costs.ts";
import { openExecutor, type TestedBackend } from "./executors.ts";
import { fixtureModel } from "./models.ts";
import { readCaseAt, replayLogits, replayTraining, type GoldenCase, type TrainingReplay } from "./replay.ts";
import { gradientShares, largestDifference, logitShare, lossShare } from "./tolerances.ts";

const prefixes = ["prefix-tuning", "prefix-tuning-mlp", "prefix-tuning-layers"];
const cases = [
  ...["head-only", "prompt-tuning", ...prefixes, "lora", "full-fine-tuning"].map(
    (name) => `sequence-classification/${name}`,
  ),
  ...["prompt-tuning", "prefix-tuning", "lora-all", "full-fine-tuning"].map((name) => `causal-lm/${name}`),
];
const softPrompts = cases.filter((name) => name.endsWith("prompt-tuning"));
const backends: readonly TestedBackend[] = ["cpu", "wasm", "webgpu"];

const model = await fixtureModel("tiny-gpt2");

describe.each(backends)("tiny-gpt2 on %s", (backend) => {
  let executor: Executor;

  beforeAll(async () => {
    executor = await openExecutor(backend);
  });

  afterAll(() => executor.dispose());

  describe.each(cases)("%s", (name) => {
    let golden: GoldenCase;
    let training: TrainingReplay;

    beforeAll(async () => {
      golden = readCaseAt(`tiny-gpt2/${name}`, model);
      training = await replayTraining(golden, executor);
    });

    it("gives PyTorch's logits", async () => {
      expect(logitShare(await replayLogits(golden, executor), golden.document)).toBeLessThanOrEqual(1);
    });

    it("gives PyTorch's gradient of every trained tensor", () => {
      const shares = gradientShares(golden, training);
      expect([...shares].filter(([, share]) => !(share <= 1))).toEqual([]);
      const trained = golden.setup.trained.map((shape) => shape.name);
      expect([...training.gradients.keys()].toSorted()).toEqual(trained.toSorted());
    });

    it("gives the losses of ten AdamW steps", () => {
      expect(lossShare(training, golden.document)).toBeLessThanOrEqual(1);
    });

    it("leaves no memory behind", () => {
      expect(executor.allocatedBytes()).toBe(0);
    });
  });

  it.each(softPrompts)("%s is the same with the prompt's rows in every sequence", async (name) => {
    const [shared, repeated] = [true, false].map((promptTrunk) =>
      readCaseAt(`tiny-gpt2/${name}`, model, { promptTrunk }),
    );
    if (shared === undefined || repeated === undefined) throw new Error("Two set-ups are read above.");
    const [trunk, plain] = [await replayTraining(shared, executor), await replayTraining(repeated, executor)];
    expect(Math.abs((trunk.steps[0]?.loss ?? 0) / (plain.steps[0]?.loss ?? 0) - 1)).toBeLessThan(1e-6);
    for (const [tensor, expected] of plain.gradients) {
      const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(largestDifference(trunk.gradients.get(tensor) ?? [], expected) / largest).toBeLessThanOrEqual(1e-5);
    }
  });
});

describe("a soft prompt as a trunk", () => {
  it.each(softPrompts)("takes the rows of %s out of every sequence", (name) => {
    const [shared, repeated] = [true, false].map((promptTrunk) => {
      const { setup, examples } = readCaseAt(`tiny-gpt2/${name}`, model, { promptTrunk });
      const { counts } = setup.pack(examples, true);
      return { rows: counts["tokens"] ?? 0, flops: graphCosts(setup.trainingGraph, counts).flops, examples };
    });
    const promptRows = 5;
    expect((repeated?.rows ?? 0) - (shared?.rows ?? 0)).toBe(promptRows * (shared?.examples.length ?? 0));
    expect((shared?.flops ?? 0) / (repeated?.flops ?? 0)).toBeLessThan(0.85);
  });
});
