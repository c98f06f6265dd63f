/** Form fields generated from the settings' schemas. */
import { describe, expect, it } from "vitest";
import { isShown, methodFields, trainingFields } from "../../../src/ui/experiment/schemaFields.ts";

describe("generated fields", () => {
  it("cover every training setting but the one with a slider", () => {
    const loop = ["weightDecay", "schedule", "warmupSteps", "steps", "batchSize", "clipNorm", "evaluateEvery"];
    const memory = ["maxTokens", "microBatch", "cacheMegabytes", "weights"];
    const savings = ["frozenWeights", "lowestLayer", "neededRows", "packedRows", "promptTrunk", "frontier"];
    expect(trainingFields.map(({ path }) => path)).toEqual(
      [...loop, ...memory, ...savings.map((saving) => `savings.${saving}`)].map((key) => `training.${key}`),
    );
    expect(trainingFields.at(-1)).toMatchObject({ kind: "switch", title: "Cache frozen layers" });
  });

  it("take kind, limits and words from the schema", () => {
    expect(trainingFields.find(({ path }) => path === "training.steps")).toMatchObject({
      kind: "number",
      title: "Steps",
      minimum: 1,
      maximum: 100_000,
      whole: true,
    });
    expect(trainingFields.find(({ path }) => path === "training.schedule")).toMatchObject({
      kind: "choice",
      options: ["linear", "constant", "cosine"],
    });
    expect(trainingFields.find(({ path }) => path === "training.weightDecay")).toMatchObject({ whole: false });
  });

  it("belong to the method and hide what means nothing yet", () => {
    const fields = methodFields("prefix-tuning");
    expect(fields.map(({ path }) => path)).toContain("method.hiddenSize");
    const hidden = fields.find(({ path }) => path === "method.hiddenSize");
    expect(hidden && isShown(hidden, { reparameterisation: "none" })).toBe(false);
    expect(hidden && isShown(hidden, { reparameterisation: "mlp" })).toBe(true);
    expect(methodFields("head-only")).toEqual([]);
  });
});
