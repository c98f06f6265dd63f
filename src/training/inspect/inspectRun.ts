/**
 * Looks inside a finished or stopped run: what it answers on each evaluation example, what lies near its virtual tokens, how
 * much attention they get, and what each layer's prompt is worth. It computes again from the run's trained tensors and
 * trains nothing.
 */
import type { Experiment } from "../../config/experiment.ts";
import type { Executor } from "../../engine/executor.ts";
import type { ExampleOutcome } from "../../lib/exampleOutcome.ts";
import { promptLengthOf } from "../../methods/index.schema.ts";
import type { LoadedModel } from "../../models/loadModel.ts";
import type { Scores } from "../../tasks/task.ts";
import { startValues } from "../activations.ts";
import { hashExamples } from "../describeData.ts";
import { logitsOf } from "../evaluate.ts";
import type { RunFacts, TrainedTensor } from "../events.ts";
import { openEvaluation } from "../openEvaluation.ts";
import { prepareData, tokenBudget, type ExampleSet, type PreparedData } from "../prepareData.ts";
import { setUpRun } from "../setup.ts";
import { attentionMass, type AttentionMass } from "./attentionMass.ts";
import { exampleOutcomes } from "./exampleOutcomes.ts";
import { knockOut, reasonNoKnockOut, type KnockOutReport } from "./knockOut.ts";
import { nearestWords, type NearestWords } from "./nearestWords.ts";
import { promptNorms, type LayerNorms } from "./promptNorms.ts";

export const inspectionParts = ["predictions", "slots", "attention", "knock-out"] as const;
export type InspectionPart = (typeof inspectionParts)[number];

/** What of a run record an inspection needs. The tensors are those of `seed`. */
export interface InspectedRun extends Pick<RunFacts, "seed" | "labels"> {
  readonly name: string;
  readonly experiment: Experiment;
  /** Empty where it was not noted. */
  readonly modelHash: string;
  readonly dataHash: string;
  readonly tensors: readonly TrainedTensor[];
}

export interface PredictionsReport {
  readonly labels: readonly string[];
  readonly outcomes: readonly ExampleOutcome[];
  readonly scores: Scores;
}

/** Virtual tokens of a soft prompt have words near them; keys and values of a deep one have only lengths. */
export type SlotsReport =
  ({ readonly kind: "soft" } & NearestWords) | { readonly kind: "deep"; readonly layers: readonly LayerNorms[] };

export type InspectionEvent =
  | { readonly kind: "progress"; readonly part: InspectionPart; readonly done: number; readonly total: number }
  /** This run has no such part, or what it needs is not here. */
  | { readonly kind: "unavailable"; readonly part: InspectionPart; readonly reason: string }
  | { readonly kind: "predictions"; readonly report: PredictionsReport }
  | { readonly kind: "slots"; readonly report: SlotsReport }
  | { readonly kind: "attention"; readonly report: AttentionMass }
  | { readonly kind: "knock-out"; readonly report: KnockOutReport };

export interface InspectionOptions {
  readonly run: InspectedRun;
  readonly model: LoadedModel;
  /** The examples as the run read them; a sentence saying why they are not here. */
  readonly examples: ExampleSet | string;
  readonly executor: Executor;
  /** In this order; all by default. */
  readonly parts?: readonly InspectionPart[];
  /** Ends the generator before its next piece of work. */
  readonly signal?: AbortSignal;
}

/** @throws when the model is another one than the run's, or the run holds no trained tensors though it trained some. */
export async function* inspectRun(options: InspectionOptions): AsyncGenerator<InspectionEvent, void> {
  requireSameModel(options);
  requireTensors(options);
  const data = await dataOf(options);
  for (const part of options.parts ?? inspectionParts) {
    if (options.signal?.aborted) return;
    yield { kind: "progress", part, done: 0, total: 0 };
    yield* partOf(part, options, data);
  }
}

/** A run's trained values by name. */
function valuesOf({ tensors }: InspectedRun): Map<string, Float32Array> {
  return new Map(tensors.map(({ name, values }) => [name, values]));
}

function requireSameModel({ run, model }: InspectionOptions): void {
  if (run.modelHash === "" || run.modelHash === model.hash) return;
  const other =
    run.experiment.model === model.id
      ? `another version of ${model.id} (weights ${run.modelHash.slice(0, 12)}…, here ${model.hash.slice(0, 12)}…)`
      : `the model ${run.experiment.model}`;
  throw new Error(`${run.name} was trained for ${other}, and ${model.id} is loaded. Open that model to look inside.`);
}

function requireTensors({ run, model }: InspectionOptions): void {
  const { trained } = setUpRun(run.experiment, model, run.labels);
  const missing = trained.find(({ name }) => !run.tensors.some((tensor) => tensor.name === name));
  if (missing === undefined) return;
  throw new Error(
    `${run.name} does not hold its trained numbers ("${missing.name}" is missing), so there is nothing to look into. Train again with its settings.`,
  );
}

/** The run's own examples, prepared as its best seed had them; a sentence when they are not here or have changed. */
async function dataOf({ run, examples, model }: InspectionOptions): Promise<PreparedData | string> {
  if (typeof examples === "string") return examples;
  if (run.dataHash !== "" && run.dataHash !== (await hashExamples(examples))) {
    return `The examples of "${examples.name}" are not those that ${run.name} was trained and judged with: they have changed, or the evaluation file is another one. Open the examples of that run.`;
  }
  return prepareData(examples, run.experiment, model, run.seed);
}

async function* partOf(
  part: InspectionPart,
  options: InspectionOptions,
  data: PreparedData | string,
): AsyncGenerator<InspectionEvent, void> {
  const reason = reasonUnavailable(part, options, data);
  if (reason !== undefined) return yield { kind: "unavailable", part, reason };
  if (part === "slots") return yield* slotsPart(options);
  if (typeof data === "string") return;
  switch (part) {
    case "predictions":
      return yield* predictionsPart(options, data);
    case "attention":
      return yield* attentionPart(options, data);
    case "knock-out":
      return yield* knockOutPart(options, data);
    default:
      return part satisfies never;
  }
}

function reasonUnavailable(
  part: InspectionPart,
  { run }: InspectionOptions,
  data: PreparedData | string,
): string | undefined {
  const { method } = run.experiment;
  if (part === "knock-out") {
    const reason = reasonNoKnockOut(run.experiment);
    if (reason !== undefined) return reason;
  }
  if ((part === "slots" || part === "attention") && promptLengthOf(method) === 0) {
    return `There are no virtual tokens to look at: ${method.kind} adds none.`;
  }
  return part === "slots" || typeof data !== "string" ? undefined : data;
}

async function* predictionsPart(
  { run, model, executor, signal }: InspectionOptions,
  data: PreparedData,
): AsyncGenerator<InspectionEvent, void> {
  const setup = setUpRun(run.experiment, model, data.labels);
  const evaluation = await openEvaluation({ executor, setup, values: valuesOf(run), longest: data.longest });
  try {
    const { sequences } = data.evaluation;
    const logits: Float32Array[] = [];
    for (let done = 0; done < sequences.length; done += setup.evaluationChunk) {
      if (signal?.aborted) return;
      yield { kind: "progress", part: "predictions", done, total: sequences.length };
      logits.push(...(await logitsOf(evaluation.plan, setup, sequences.slice(done, done + setup.evaluationChunk))));
    }
    const options = { labels: data.labels, budget: tokenBudget(run.experiment, model.family.dimensions.positions) };
    const outcomes = await exampleOutcomes(setup.task, data.evaluationExamples, options, logits, signal);
    if (outcomes === undefined) return;
    const report = { labels: data.labels, outcomes, scores: data.evaluation.score(logits) };
    yield { kind: "predictions", report };
  } finally {
    evaluation.dispose();
  }
}

async function* slotsPart({ run, model, executor, signal }: InspectionOptions): AsyncGenerator<InspectionEvent, void> {
  const setup = setUpRun(run.experiment, model, run.labels);
  const { method } = setup;
  const values = valuesOf(run);
  if (!method.promptedLayers.includes(-1)) {
    const layers = promptNorms(method, values, promptLengthOf(run.experiment.method));
    return yield { kind: "slots", report: { kind: "deep", layers } };
  }
  const initial = await startValues(model, setup, run.seed, async () => executor);
  const [slots, start] = [method.virtualTokens(values), method.virtualTokens(initial)];
  const words = yield* labelled(
    "slots",
    nearestWords({ model, executor, slots, start, ...(signal === undefined ? {} : { signal }) }),
  );
  if (words !== undefined) yield { kind: "slots", report: { kind: "soft", ...words } };
}

async function* attentionPart(
  { run, model, executor }: InspectionOptions,
  data: PreparedData,
): AsyncGenerator<InspectionEvent, void> {
  const { experiment } = run;
  const { labels, evaluation } = data;
  const { sequences } = evaluation;
  const report = await attentionMass({ experiment, model, labels, values: valuesOf(run), executor, sequences });
  yield { kind: "attention", report };
}

async function* knockOutPart(
  { run, model, executor, signal }: InspectionOptions,
  data: PreparedData,
): AsyncGenerator<InspectionEvent, void> {
  const { experiment } = run;
  const work = knockOut({
    experiment,
    model,
    data,
    values: valuesOf(run),
    executor,
    ...(signal === undefined ? {} : { signal }),
  });
  const report = yield* labelled("knock-out", work);
  if (report !== undefined) yield { kind: "knock-out", report };
}

/** Passes the progress of a part on under its name, and its result back. */
async function* labelled<Result>(
  part: InspectionPart,
  work: AsyncGenerator<{ readonly done: number; readonly total: number }, Result>,
): AsyncGenerator<InspectionEvent, Result> {
  for (;;) {
    const next = await work.next();
    if (next.done === true) return next.value;
    yield { kind: "progress", part, ...next.value };
  }
}
