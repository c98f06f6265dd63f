/** What the settings say about a method is what the method then does: trained numbers, prompt lengths, prompted layers. */
import { describe, expect, it } from "vitest";
import { defaultExperiment, parseExperiment, type Experiment } from "../../../src/config/experiment.ts";
import { bindMethod } from "../../../src/methods/index.ts";
import {
  methodDescriptions,
  methodKinds,
  methodSchema,
  promptedLayersOf,
  promptLengthOf,
  trainedNumbersOf,
} from "../../../src/methods/index.schema.ts";
import { setUpRun } from "../../../src/training/setup.ts";
import { fixtureModel, labelNames } from "../../parity/models.ts";

const model = await fixtureModel("tiny-bert");
const { dimensions } = model.family;

const variants: readonly object[] = [
  { kind: "prefix-tuning", promptLength: 5 },
  { kind: "prefix-tuning", promptLength: 5, layers: [3, 1] },
  { kind: "prefix-tuning", promptLength: 5, layers: [2, 2, 9] },
  { kind: "prefix-tuning", promptLength: 5, reparameterisation: "mlp", hiddenSize: 11 },
  { kind: "prefix-tuning", promptLength: 1, reparameterisation: "mlp", hiddenSize: 7, layers: [2] },
  { kind: "prompt-tuning", promptLength: 5 },
  { kind: "prompt-tuning", promptLength: 9, pooling: "cls" },
  { kind: "prompt-tuning", promptLength: 3, placement: "after-cls" },
  { kind: "p-tuning", promptLength: 4, hiddenSize: 5 },
  { kind: "p-tuning", promptLength: 4, hiddenSize: 3, lstmLayers: 3, pooling: "cls", placement: "after-cls" },
  { kind: "p-tuning", promptLength: 2, hiddenSize: 6, reparameterisation: "mlp" },
  { kind: "p-tuning", promptLength: 3, reparameterisation: "thudm-few-shot-lstm" },
  { kind: "p-tuning", promptLength: 3, reparameterisation: "thudm-few-shot-mlp" },
  { kind: "head-only" },
  { kind: "bitfit" },
  { kind: "bitfit", biases: "query-and-intermediate" },
  { kind: "top-layers", topLayers: 1 },
  { kind: "top-layers", topLayers: 3 },
  { kind: "lora", rank: 2 },
  { kind: "lora", rank: 3, targets: "all" },
  { kind: "lora", rank: 1, targets: ["output", "key"] },
  { kind: "lora", rank: 2, biases: "updated" },
  { kind: "lora", rank: 2, targets: "attention", biases: "all" },
  { kind: "adapters", bottleneck: 4 },
  { kind: "adapters", bottleneck: 3, placement: "pfeiffer", layerNorms: "trained" },
  { kind: "full-fine-tuning" },
];

function experimentOf(method: object): Experiment {
  return parseExperiment({ method, training: { learningRate: 0.01, weightDecay: 0 } });
}

describe.each(variants)("%j", (settings) => {
  const method = methodSchema.parse(settings);

  it.each([2, 7])("trains as many numbers as it says, with %i classes", (classes) => {
    const { trained } = setUpRun(experimentOf(settings), model, labelNames(classes));
    const count = (group: string): number =>
      trained.reduce((sum, shape) => sum + (shape.group === group ? shape.rows * shape.width : 0), 0);
    expect(trainedNumbersOf(method, dimensions, classes)).toEqual({
      prompt: count("prompt"),
      head: count("head"),
      model: count("model"),
    });
  });

  it("names the layers it prompts", () => {
    const bound = bindMethod(method, dimensions);
    expect(promptedLayersOf(method, dimensions.layers)).toEqual(bound.promptedLayers.map((layer) => layer + 1));
  });

  it("has the prompt length it says, before the text or in front of its positions", () => {
    const { layout } = bindMethod(method, dimensions);
    expect(layout.promptRows + layout.positionOffset).toBe(promptLengthOf(method));
  });

  it("gives every trained tensor a gradient and trains nothing else", () => {
    const { trained, trainingGraph } = setUpRun(experimentOf(settings), model, labelNames(3));
    expect([...trainingGraph.gradients.keys()].toSorted()).toEqual(trained.map(({ name }) => name).toSorted());
  });

  it("computes no gradient of a frozen weight", () => {
    const { trainingGraph } = setUpRun(experimentOf(settings), model, labelNames(3));
    const frozen = trainingGraph.parameters.filter(({ parameter }) => parameter?.group === undefined);
    const labels = new Set(trainingGraph.nodes.flatMap(({ outputs }) => outputs.map(({ label }) => label)));
    expect(frozen.filter(({ label }) => labels.has(`d ${label}`))).toEqual([]);
  });
});

it("counts the built-in model's default deep prompt as the paper does: 2 · L · D numbers per slot", async () => {
  const builtIn = (await fixtureModel("encoder-l4-d128")).family.dimensions;
  const { method } = defaultExperiment("prefix-tuning");
  const { prompt } = trainedNumbersOf(method, builtIn, 2);
  expect(prompt).toBe(promptLengthOf(method) * 2 * 4 * 128);
});

it("offers every method once, with its own description", () => {
  expect(methodKinds.toSorted()).toEqual(Object.keys(methodDescriptions).toSorted());
  for (const kind of methodKinds) expect(methodDescriptions[kind].kind).toBe(kind);
});

it("says so when none of the chosen layers exists", () => {
  const method = methodSchema.parse({ kind: "prefix-tuning", layers: [4, 5] });
  expect(() => bindMethod(method, dimensions)).toThrow("None of the chosen layers exists: the model has layers 1 to 3");
});
