/**
 * Replays a golden case on an executor through the studio's own set-up: the same graph, packing and optimizer settings as a
 * training run, from the case's starting values. Knows the fixtures' names; README.md here describes them.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { parseExperiment, type Experiment } from "../../src/config/experiment.ts";
import type { Savings } from "../../src/config/training.ts";
import type { Executor, ParameterStore, StepStatistics, StepValues } from "../../src/engine/executor.ts";
import type { Graph } from "../../src/engine/graph/graph.ts";
import type { RowCounts } from "../../src/engine/graph/tensor.ts";
import { readSafetensors, type FileTensor } from "../../src/interop/safetensors.ts";
import type { LoadedModel } from "../../src/models/loadModel.ts";
import { methodKinds } from "../../src/methods/index.schema.ts";
import { languageSequence } from "../../src/tasks/causalLanguageModel.ts";
import type { EncodedSequence } from "../../src/tasks/task.ts";
import { updateSettings } from "../../src/training/seedRun.ts";
import { setUpRun, type RunSetup } from "../../src/training/setup.ts";
import { fixtureModel, fixtures, labelNames, readJson, type FixtureModel } from "./models.ts";

/** AdamW as the fixtures were made with it. */
export const optimizerSchema = z.object({
  learningRate: z.number(),
  beta1: z.number(),
  beta2: z.number(),
  epsilon: z.number(),
  weightDecay: z.number(),
  clip: z.number(),
});

const caseSchema = z.object({
  method: z.enum(methodKinds),
  /** The method's settings where they say more than the fields below. */
  settings: z.looseObject({}).optional(),
  reparameterisation: z.enum(["none", "mlp"]),
  promptLength: z.int(),
  layers: z.array(z.int()),
  hiddenSize: z.int().nullable(),
  classCount: z.int(),
  labels: z.array(z.int()),
  task: z.enum(["sequence-classification", "causal-lm"]).default("sequence-classification"),
  batch: z.object({
    ids: z.array(z.array(z.int())),
    types: z.array(z.array(z.int())),
    /** Of a language model: the first token of each sequence that is a label. */
    firstLabels: z.array(z.int()).optional(),
  }),
  /** Of tasks beyond classifying texts: settings, needed rows and labels of every sequence. */
  reading: z
    .object({ task: z.looseObject({}), needed: z.array(z.array(z.int())), labels: z.array(z.array(z.int())) })
    .optional(),
  trainables: z.record(z.string(), z.array(z.int())),
  loss: z.number(),
  losses: z.array(z.number()),
  optimizer: optimizerSchema,
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
  readonly examples: readonly EncodedSequence[];
  /** Starting values of everything trained, by the studio's names. */
  readonly initial: ReadonlyMap<string, Float32Array>;
}

/** Gradients of the starting values by the studio's names, and what each step left behind. */
export interface TrainingReplay {
  readonly gradients: ReadonlyMap<string, Float32Array>;
  readonly steps: readonly StepStatistics[];
}

/** Reads a case and sets it up. `model` replaces the case's own, to break it on purpose. */
export async function readCase(modelName: FixtureModel, name: string, model?: LoadedModel): Promise<GoldenCase> {
  return readCaseAt(`${modelName}/${name}`, model ?? (await fixtureModel(modelName)));
}

/** The case of this path below `fixtures/`, without ending. */
export function readCaseAt(path: string, given: LoadedModel, savings: Partial<Savings> = {}): GoldenCase {
  const document = caseSchema.parse(readJson(`${path}.json`));
  const tensors = readSafetensors(readFileSync(new URL(`${path}.safetensors`, fixtures)));
  const model = withStoredWeights(given, tensors);
  const experiment = experimentOf(document, savings);
  const labels = document.task === "causal-lm" ? [] : labelNames(document.classCount);
  const setup = setUpRun(experiment, model, labels);
  const initial = initialOf(document, model, tensors);
  return { document, tensors, model, experiment, setup, examples: examplesOf(document, model), initial };
}

/** The model with the weights that its own file lacks and the case brings along as `model.<name>`. */
function withStoredWeights(model: LoadedModel, tensors: GoldenCase["tensors"]): LoadedModel {
  const stored = [...tensors].flatMap(([name, { values }]) =>
    name.startsWith("model.") ? [[name.slice("model.".length), values] as const] : [],
  );
  return stored.length === 0 ? model : { ...model, weights: new Map([...model.weights, ...stored]) };
}

/** The studio's name of a trainable of the fixtures. */
export function studioName(document: CaseDocument, name: string): string {
  if (/^(bert|transformer)\./.test(name)) return name.slice(name.indexOf(".") + 1);
  if (/^(classifier|score|qa_outputs)\./.test(name) || document.method !== "prefix-tuning") return name;
  return name === "prompt" ? "prefix" : `prefix.${name}`;
}

function experimentOf(document: CaseDocument, savings: Partial<Savings>): Experiment {
  const { learningRate, weightDecay, clip } = document.optimizer;
  return parseExperiment({
    task: document.reading?.task ?? { kind: document.task },
    method: methodOf(document),
    training: {
      learningRate,
      weightDecay,
      clipNorm: clip,
      schedule: "constant",
      steps: document.losses.length,
      batchSize: document.labels.length,
      savings,
    },
  });
}

function methodOf({ method, settings, promptLength, layers, reparameterisation, hiddenSize }: CaseDocument): object {
  if (settings !== undefined) return settings;
  switch (method) {
    case "prefix-tuning": {
      const network = hiddenSize === null ? {} : { hiddenSize };
      return { kind: method, promptLength, layers: layers.map((layer) => layer + 1), reparameterisation, ...network };
    }
    case "prompt-tuning":
      return { kind: method, promptLength };
    default:
      return { kind: method };
  }
}

function examplesOf({ batch, labels, reading }: CaseDocument, { family }: LoadedModel): EncodedSequence[] {
  return batch.ids.map((ids, index) => {
    const first = batch.firstLabels?.[index];
    if (first !== undefined) return languageSequence(ids, first);
    const encoding = { ids: Int32Array.from(ids), types: Int32Array.from(batch.types[index] ?? []), truncated: false };
    const needed = reading?.needed[index];
    if (needed !== undefined) {
      return { encoding, needed: Int32Array.from(needed), labels: Int32Array.from(reading?.labels[index] ?? []) };
    }
    return {
      encoding,
      needed: family.causal ? Int32Array.of(ids.length - 1) : "pooled",
      labels: Int32Array.of(labels[index] ?? 0),
    };
  });
}

/** The model's weights where those are trained, and what the case's file starts from. */
function initialOf(
  document: CaseDocument,
  model: LoadedModel,
  tensors: GoldenCase["tensors"],
): Map<string, Float32Array> {
  const values = new Map<string, Float32Array>();
  for (const name of Object.keys(document.trainables)) {
    const start = tensors.get(`initial.${name}`)?.values ?? model.weights.get(studioName(document, name));
    if (start !== undefined) values.set(studioName(document, name), start);
  }
  return values;
}

/** Logits of the starting values through the evaluation plan, row-major [rows, C]. `inputs` replaces the packed batch. */
export async function replayLogits(golden: GoldenCase, executor: Executor, inputs?: StepValues): Promise<Float32Array> {
  const { setup, examples } = golden;
  const store = createStore(golden, executor);
  const plan = await executor.compileEvaluation(logitsGraph(golden), store, capacitiesOf(golden));
  const outputs = await plan.run(inputs ?? setup.pack(examples, false));
  plan.dispose();
  store.dispose();
  const logits = outputs.get("logits");
  if (logits === undefined) throw new Error("The evaluation plan has no output named logits.");
  return logits;
}

/** The evaluation graph; of a language model, which reads out losses, one that gives the logits before them. */
function logitsGraph({ setup: { evaluationGraph } }: GoldenCase): Graph {
  const loss = evaluationGraph.nodes.find((node) => node.op === "crossEntropy");
  if (loss === undefined) return evaluationGraph;
  return { ...evaluationGraph, outputs: new Map([["logits", loss.inputs.logits]]) };
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

function createStore({ setup, initial }: GoldenCase, executor: Executor): ParameterStore {
  return executor.createParameters(setup.parameters, new Map([...setup.weights, ...initial]));
}

function capacitiesOf({ setup, examples }: GoldenCase): RowCounts {
  const longest = Math.max(...examples.map(({ encoding }) => encoding.ids.length));
  return setup.capacities(examples.length, longest);
}
