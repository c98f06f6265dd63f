/** The experiment's schema: defaults, limits, strictness, and errors that name the field. */
import { describe, expect, it } from "vitest";
import { defaultExperiment, defaultMethod, parseExperiment } from "../../../src/config/experiment.ts";
import { methodDescriptions, methodKinds } from "../../../src/methods/index.schema.ts";

const training = { learningRate: 0.01, weightDecay: 0 };

describe("defaults", () => {
  it.each(methodKinds)("of %s are a valid experiment with the method's own training settings", (kind) => {
    const experiment = defaultExperiment(kind);
    expect(parseExperiment(experiment)).toEqual(experiment);
    expect(experiment.training).toMatchObject(methodDescriptions[kind].defaults);
    expect(experiment.method).toEqual(defaultMethod(kind));
  });

  it("fill in everything but the method and its training", () => {
    expect(parseExperiment({ method: { kind: "head-only" }, training })).toMatchObject({
      model: "encoder-l4-d128",
      data: { kind: "built-in", id: "sentiment" },
      task: { kind: "sequence-classification" },
      training: { schedule: "linear", warmupSteps: 0, clipNorm: 1 },
      examplesPerClass: null,
      seed: 1,
      seeds: 1,
      backend: "auto",
    });
  });

  it("survive JSON", () => {
    const experiment = defaultExperiment("prompt-tuning");
    expect(parseExperiment(JSON.parse(JSON.stringify(experiment)))).toEqual(experiment);
  });
});

describe("settings that cannot be used", () => {
  it.each([
    ["an unknown field", { colour: "red" }, "colour"],
    [
      "an unknown field of the method",
      { method: { kind: "head-only", promptLength: 4 } },
      'method: Unrecognized key: "promptLength"',
    ],
    [
      "an unknown field of the training",
      { training: { ...training, epochs: 3 } },
      'training: Unrecognized key: "epochs"',
    ],
    ["an unknown method", { method: { kind: "magic" } }, "method.kind"],
    ["no method", { method: undefined }, "method"],
    ["a learning rate of zero", { training: { ...training, learningRate: 0 } }, "training.learningRate"],
    [
      "a learning rate that is a word",
      { training: { ...training, learningRate: "high" } },
      "training.learningRate: Invalid input: expected number, received string",
    ],
    ["half a step", { training: { ...training, steps: 1.5 } }, "training.steps"],
    ["a negative weight decay", { training: { ...training, weightDecay: -1 } }, "training.weightDecay"],
    ["a prompt of no tokens", { method: { kind: "prompt-tuning", promptLength: 0 } }, "method.promptLength"],
    ["a prompt longer than the limit", { method: { kind: "prefix-tuning", promptLength: 129 } }, "method.promptLength"],
    ["no prompted layer", { method: { kind: "prefix-tuning", layers: [] } }, "method.layers"],
    ["a layer zero", { method: { kind: "prefix-tuning", layers: [0] } }, "method.layers"],
    ["an unknown start", { method: { kind: "prompt-tuning", initialisation: "luck" } }, "method.initialisation"],
    ["a negative seed", { seed: -1 }, "seed"],
    ["two seeds", { seeds: 2 }, "seeds"],
    ["no examples per class", { examplesPerClass: 0 }, "examplesPerClass"],
    ["an unknown backend", { backend: "abacus" }, "backend"],
    ["an evaluation share of everything", { evaluationShare: 1 }, "evaluationShare"],
    ["an unknown task", { task: { kind: "translation" } }, "task"],
    ["data of an unknown kind", { data: { kind: "cloud" } }, "data"],
  ])("%s: the error names the field", (_case, change, message) => {
    expect(() => parseExperiment({ method: { kind: "head-only" }, training, ...change })).toThrow(message);
  });

  it.each([[null], ["text"], [[]]])("%j is no experiment at all", (input) => {
    expect(() => parseExperiment(input)).toThrow("These settings cannot be used. experiment:");
  });

  it("name every field that is wrong, not only the first", () => {
    const wrong = { method: { kind: "head-only" }, training: { learningRate: 0, weightDecay: 2 } };
    expect(() => parseExperiment(wrong)).toThrow(/training\.learningRate.*training\.weightDecay/);
  });
});
