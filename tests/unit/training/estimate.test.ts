/** What a run will take, before anything is compiled. */
import { describe, expect, it } from "vitest";
import { defaultExperiment, parseExperiment, type Experiment } from "../../../src/config/experiment.ts";
import { trainedNumbersOf } from "../../../src/methods/index.schema.ts";
import { estimateRun } from "../../../src/training/estimate.ts";
import { setUpRun } from "../../../src/training/setup.ts";
import { fixtureModel, labelNames } from "../../parity/models.ts";
import { opinions } from "./support.ts";

const model = await fixtureModel("tiny-bert");

function experimentOf(method: object, training: object = {}): Experiment {
  return parseExperiment({ method, training: { learningRate: 0.01, weightDecay: 0, ...training } });
}

const estimateOf = (method: object, training: object = {}) =>
  estimateRun(experimentOf(method, training), model, opinions);

describe("an estimate", () => {
  it("counts what is trained, and its share of the model", () => {
    const { method } = defaultExperiment("prefix-tuning");
    const estimate = estimateOf(method);
    const trained = trainedNumbersOf(method, model.family.dimensions, 2);
    expect(estimate.trained).toEqual(trained);
    expect(estimate.share).toBeCloseTo((trained.prompt + trained.head) / model.family.dimensions.parameters, 12);
  });

  it("counts every weight once and every trained one four times", () => {
    const { parameters } = model.family.dimensions;
    expect(estimateOf({ kind: "head-only" }).weightBytes).toBe(4 * (parameters + 4 * 44));
    expect(estimateOf({ kind: "full-fine-tuning" }).weightBytes).toBe(16 * (parameters + 44));
  });

  it("counts half for the frozen matrices that the settings want in half precision", () => {
    const [full, half] = (["f32", "f16"] as const).map((weights) => {
      const { weightBytes } = estimateOf({ kind: "head-only" }, { weights });
      return weightBytes;
    });
    const { parameters } = setUpRun(experimentOf({ kind: "head-only" }, { weights: "f16" }), model, labelNames(2));
    const marked = parameters.filter(({ half: isHalf }) => isHalf === true);
    expect(marked.map(({ name }) => name)).not.toContain("classifier.weight");
    expect((full ?? 0) - (half ?? 0)).toBe(2 * marked.reduce((sum, { rows, width }) => sum + rows * width, 0));
    expect(estimateOf({ kind: "full-fine-tuning" }, { weights: "f16" })).toEqual(
      estimateOf({ kind: "full-fine-tuning" }),
    );
  });

  it.each(["activationBytes", "stepFlops"] as const)("has %s that grow with the batch", (figure) => {
    const [small, large] = [4, 16].map((batchSize) => estimateOf({ kind: "prefix-tuning" }, { batchSize })[figure]);
    expect(small).toBeGreaterThan(0);
    expect(large).toBeGreaterThan(2 * (small ?? Infinity));
  });

  it("finds training everything dearer than training a head", () => {
    const [head, full] = ["head-only", "full-fine-tuning"].map((kind) => estimateOf({ kind }));
    expect(full?.stepFlops).toBeGreaterThan(1.5 * (head?.stepFlops ?? Infinity));
    expect(full?.activationBytes).toBeGreaterThan(head?.activationBytes ?? Infinity);
  });

  it("says why a run cannot be", () => {
    const estimate = estimateOf({ kind: "prompt-tuning", promptLength: 100 });
    expect(estimate.problem).toContain("Shorten the prompt");
    expect(estimate.trained.prompt).toBe(2100);
  });
});
