/** What a run keeps beside a copy of its model. */
import { describe, expect, it } from "vitest";
import { parseExperiment } from "../../../src/config/experiment.ts";
import { trainedNumbersOf } from "../../../src/methods/index.schema.ts";
import { exportAdapter } from "../../../src/training/adapterFiles.ts";
import { setUpRun } from "../../../src/training/setup.ts";
import { comparedWithCopy, storedSize } from "../../../src/store/storedSize.ts";
import { fixtureModel, labelNames } from "../../parity/models.ts";
import { facts } from "./support.ts";

const model = await fixtureModel("tiny-bert");
const report = { dimensions: model.family.dimensions, hash: model.hash };

function runOf(method: object) {
  const experiment = parseExperiment({ method, training: { learningRate: 0.01, weightDecay: 0 } });
  const trained = trainedNumbersOf(experiment.method, report.dimensions, 2);
  return { experiment, modelHash: model.hash, facts: { ...facts, trained } };
}

describe("the stored size", () => {
  it.each([
    { kind: "prefix-tuning", promptLength: 4, reparameterisation: "mlp", hiddenSize: 50 },
    { kind: "prompt-tuning", promptLength: 3 },
    { kind: "p-tuning", promptLength: 5, hiddenSize: 7 },
    { kind: "lora", rank: 2 },
  ])("is what PEFT's file holds: %j", (method) => {
    const run = runOf(method);
    const tensors = setUpRun(run.experiment, model, labelNames(2)).trained.map(({ name, rows, width }) => {
      return { name, rows, width, values: new Float32Array(rows * width) };
    });
    const files = exportAdapter({ experiment: run.experiment, labels: labelNames(2), tensors }, model);
    const file = files.get("adapter_model.safetensors") ?? new Uint8Array();
    const header = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
    expect(storedSize(run, report)?.bytes).toBe(file.length - 8 - header);
  });

  it("is told beside a copy of the model", () => {
    expect(storedSize(runOf({ kind: "full-fine-tuning" }), report)?.copyBytes).toBe(4 * report.dimensions.parameters);
    expect(comparedWithCopy({ bytes: 100, copyBytes: 250 })).toBe("2.5× smaller");
    expect(comparedWithCopy({ bytes: 100, copyBytes: 123_456 })).toBe("1,235× smaller");
    expect(comparedWithCopy({ bytes: 251, copyBytes: 250 })).toBe("as large as the model");
    expect(comparedWithCopy({ bytes: 0, copyBytes: 250 })).toBe("nothing to keep");
  });

  it("is not told while another model is loaded", () => {
    expect(storedSize(runOf({ kind: "lora" }), { ...report, hash: "other" })).toBeUndefined();
  });
});
