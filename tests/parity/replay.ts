/**
 * Replays a golden case on an executor through the studio's own set-up: the same graph, packing and optimizer settings as a
 * training run, from the case's starting values. Knows the fixtures' names; README.md here describes them.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { parseExperiment, type Experiment } from "../../src/config/experiment.ts";
import type { Executor, ParameterStore, StepStatistics, StepValues } from "../../src/engine/executor.ts";
import type { RowCounts } from "../../src/engine/graph/tensor.ts";
import { readSafetensors, type FileTensor } from "../../src/interop/safetensors.ts";
import type { LoadedModel } from "../../src/models/loadModel.ts";
import type { EncodedExample } from "../../src/tasks/sequenceClassification.ts";
import { updateSettings } from "../../src/training/seedRun.ts";
import { setUpRun, type RunSetup } from "../../src/training/setup.ts";
import { fixtureModel, fixtures, readJson, type FixtureModel } from "./models.ts";

export const fixtureModels = ["tiny-bert", "encoder-l4-d128"] as const satisfies readonly FixtureModel[];

export const caseNames = [
  "head-only",
  "prompt-tuning",
  "prefix-tuning",
  "prefix-tuning-mlp",
  "prefix-tuning-layers",
  "full-fine-tuning",
] as const;
export type CaseName = (typeof caseNames)[number];

const caseSchema = z.object({
  method: z.enum(["head-only", "prompt-tuning", "prefix-tuning", "full-fine-tuning"]),
  reparameterisation: z.enum(["none", "mlp"]),
  promptLength: z.int(),
  layers: z.array(z.int()),
  hiddenSize: z.int().nullable(),
  classCount: z.int(),
  labels: z.array(z.int()),
  batch: z.object({ ids: z.array(z.array(z.int())), types: z.array(z.array(z.int())) }),
  trainables: z.record(z.string(), z.array(z.int())),
  loss: z.number(),
  losses: z.array(z.number()),
  optimizer: z.object({
    learningRate: z.number(),
    beta1: z.number(),
    beta2: z.number(),
    epsilon: z.number(),
    weightDecay: z.number(),
    clip: z.number(),
  }),
  expected: z.object({ logits: z.array(z.array(z.number())) }),
  gradientNorm: z.number(),
  largestGradients: z.record(z.string(), z.number()),
  gradientSamples: z.record(z.string(), z.array(z.int())),
});
export type CaseDocument = z.infer<typeof caseSchema>;

/** One case with its tensors and everything the studio makes of it. */
export interface GoldenCase {
  readonly document: CaseDocument;
  readonly tensors: ReadonlyMap<string, FileTensor>;
  readonly model: LoadedModel;
  readonly experiment: Experiment;
  readonly setup: RunSetup;
  readonly examples: readonly EncodedExample[];
  /** Starting values of everything trained, by the studio's names. */
  readonly initial: ReadonlyMap<string, Float32Array>;
}

/** Gradients of the starting values by the studio's names, and what each step left behind. */
export interface TrainingReplay {
  readonly gradients: ReadonlyMap<string, Float32Array>;
  readonly steps: readonly StepStatistics[];
}

/** Reads a case and sets it up. `model` replaces the case's own, to break it on purpose. */
export async function readCase(modelName: FixtureModel, name: CaseName, model?: LoadedModel): Promise<GoldenCase> {
  const document = caseSchema.parse(readJson(`${modelName}/${name}.json`));
  const tensors = readSafetensors(readFileSync(new URL(`${modelName}/${name}.safetensors`, fixtures)));
  const used = model ?? (await fixtureModel(modelName));
  const experiment = experimentOf(document);
  const setup = setUpRun(experiment, used, document.classCount);
  const initial = initialOf(document, used, tensors);
  return { document, tensors, model: used, experiment, setup, examples: examplesOf(document), initial };
}

/** The studio's name of a trainable of the fixtures. */
export function studioName(document: CaseDocument, name: string): string {
  if (name.startsWith("bert.")) return name.slice("bert.".length);
  if (name.startsWith("classifier.") || document.method !== "prefix-tuning") return name;
  return name === "prompt" ? "prefix" : `prefix.${name}`;
}

function experimentOf(document: CaseDocument): Experiment {
  const { learningRate, weightDecay, clip } = document.optimizer;
  return parseExperiment({
    method: methodOf(document),
    training: {
      learningRate,
      weightDecay,
      clipNorm: clip,
      schedule: "constant",
      steps: document.losses.length,
      batchSize: document.labels.length,
    },
  });
}

function methodOf({ method, promptLength, layers, reparameterisation, hiddenSize }: CaseDocument): object {
  switch (method) {
    case "prefix-tuning": {
      const network = hiddenSize === null ? {} : { hiddenSize };
      return { kind: method, promptLength, layers: layers.map((layer) => layer + 1), reparameterisation, ...network };
    }
    case "prompt-tuning":
      return { kind: method, promptLength };
    case "head-only":
    case "full-fine-tuning":
      return { kind: method };
    default:
      return method satisfies never;
  }
}

function examplesOf({ batch, labels }: CaseDocument): EncodedExample[] {
  return batch.ids.map((ids, index) => ({
    encoding: { ids: Int32Array.from(ids), types: Int32Array.from(batch.types[index] ?? []), truncated: false },
    label: labels[index] ?? 0,
  }));
}

/** The model's weights where those are trained, and what the case's file starts from. */
function initialOf(
  document: CaseDocument,
  model: LoadedModel,
  tensors: GoldenCase["tensors"],
): Map<string, Float32Array> {
  const values = new Map(document.method === "full-fine-tuning" ? model.weights : []);
  for (const name of Object.keys(document.trainables)) {
    const start = tensors.get(`initial.${name}`);
    if (start !== undefined) values.set(studioName(document, name), start.values);
  }
  return values;
}

/** Logits of the starting values through the evaluation plan, row-major [5, C]. `inputs` replaces the packed batch. */
export async function replayLogits(golden: GoldenCase, executor: Executor, inputs?: StepValues): Promise<Float32Array> {
  const { setup, examples } = golden;
  const store = createStore(golden, executor);
  const plan = await executor.compileEvaluation(setup.evaluationGraph, store, capacitiesOf(golden));
  const outputs = await plan.run(inputs ?? setup.pack(examples, false));
  plan.dispose();
  store.dispose();
  const logits = outputs.get("logits");
  if (logits === undefined) throw new Error("The evaluation plan has no output named logits.");
  return logits;
}

/** The case's steps through the training plan. */
export async function replayTraining(golden: GoldenCase, executor: Executor): Promise<TrainingReplay> {
  const { setup, examples, experiment } = golden;
  const store = createStore(golden, executor);
  const plan = await executor.compileTraining(setup.trainingGraph, store, capacitiesOf(golden));
  const inputs = setup.pack(examples, true);
  plan.step(inputs, updateSettings(experiment, 1));
  const gradients = await plan.readGradients();
  for (let step = 2; step <= experiment.training.steps; step++) plan.step(inputs, updateSettings(experiment, step));
  const steps = await plan.statistics();
  plan.dispose();
  store.dispose();
  return { gradients, steps };
}

function createStore({ setup, model, initial }: GoldenCase, executor: Executor): ParameterStore {
  return executor.createParameters(setup.parameters, new Map([...model.weights, ...initial]));
}

function capacitiesOf({ setup, examples }: GoldenCase): RowCounts {
  const longest = Math.max(...examples.map(({ encoding }) => encoding.ids.length));
  return setup.capacities(examples.length, longest);
}
