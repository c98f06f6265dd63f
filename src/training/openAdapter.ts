/**
 * An adapter from elsewhere, made ready to stand among the runs: its tensors held against its settings, its labels named and
 * judged by examples that it can answer. Reads no files; `adapterFolder.ts` and `adapterFiles.ts` do.
 */
import { builtInDataSets, builtInSet, tasksFor } from "../config/dataSets.ts";
import { experimentPerDataSet, type DataSettings, type Experiment } from "../config/experiment.ts";
import type { Executor } from "../engine/executor.ts";
import { messageOf } from "../lib/errors.ts";
import { inputFormOf } from "../lib/examples/inputForm.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { taskDescriptions } from "../tasks/index.schema.ts";
import type { Adapter } from "./adapter.ts";
import { hashExamples } from "./describeData.ts";
import { logitsOf } from "./evaluate.ts";
import type { Evaluation, RunFacts } from "./events.ts";
import { openEvaluation } from "./openEvaluation.ts";
import { prepareData, type ExampleSet, type PreparedData } from "./prepareData.ts";
import { labelsFit, valuesOf } from "./resume.ts";
import { runFacts, trainedCounts } from "./runFacts.ts";
import { setUpRun } from "./setup.ts";

/** Examples that the adapter may be judged with. */
export interface Candidate {
  readonly data: DataSettings;
  readonly set: ExampleSet;
}

export interface OpenedAdapter {
  /** With the data it was judged with; without a checkpoint where that belongs to other data. */
  readonly adapter: Adapter;
  readonly facts: RunFacts;
  /** Of the examples it was judged with; empty where there were none. */
  readonly dataHash: string;
  readonly evaluation?: Evaluation;
  readonly seconds: number;
  /** What was guessed, and what could not be done and why. */
  readonly notes: readonly string[];
}

export interface OpeningOptions {
  readonly model: LoadedModel;
  readonly executor: Executor;
  readonly progress: (done: number, total: number) => void;
}

/**
 * Judges the adapter with the first examples that it can answer.
 * @throws when its tensors are not those that its settings train
 */
export async function openAdapter(
  from: Adapter,
  candidates: readonly Candidate[],
  options: OpeningOptions,
): Promise<OpenedAdapter> {
  const { model, executor } = options;
  const adapter = { ...from, experiment: aloneOf(from, model) };
  const { labels, tensors } = adapter;
  const { seed } = adapter.experiment;
  const setup = setUpRun(adapter.experiment, model, labels);
  const values = valuesOf({ experiment: adapter.experiment, labels, tensors }, setup);
  const reasons: string[] = [];
  for (const candidate of candidates) {
    const fit = fitOf(adapter, candidate, model);
    if (typeof fit !== "string") {
      const judged = judgedAdapter(adapter, candidate, fit);
      const started = performance.now();
      const evaluation = await judge(judged.adapter.experiment, values, fit, options);
      const seconds = (performance.now() - started) / 1000;
      const lane = { name: candidate.set.name, data: fit, setup };
      const facts = runFacts({ seed, steps: stepOf(judged.adapter), lanes: [lane], executor });
      const dataHash = await hashExamples(candidate.set);
      const step = judged.adapter.checkpoint?.best.step ?? 0;
      return { ...judged, facts, dataHash, evaluation: { step, ...evaluation }, seconds };
    }
    reasons.push(fit);
  }
  const facts = bareFacts(adapter, setup, executor);
  return { adapter: withDataOfTask(adapter), facts, dataHash: "", seconds: 0, notes: reasons };
}

/** PEFT's files name no data, and what stands for it by default may belong to another task. */
function withDataOfTask(adapter: Adapter): Adapter {
  const { experiment } = adapter;
  const { data, task } = experiment;
  const serves = (id: string): boolean => tasksFor(builtInSet(id)?.input ?? "text").includes(task.kind);
  const id = data.kind === "own" || serves(data.id) ? undefined : builtInDataSets.find(serves);
  return id === undefined ? adapter : { ...adapter, experiment: { ...experiment, data: { kind: "built-in", id } } };
}

/** The experiment as that of one seed on one data set, on the model that is here. */
function aloneOf({ experiment, checkpoint }: Adapter, model: LoadedModel): Experiment {
  const [own] = experimentPerDataSet(experiment);
  return { ...own, model: model.id, seed: checkpoint?.seed ?? experiment.seed, seeds: 1 };
}

/** The examples as the adapter reads them, or why it cannot answer them. */
function fitOf({ experiment, labels }: Adapter, { data, set }: Candidate, model: LoadedModel): PreparedData | string {
  const { kind } = experiment.task;
  const fitting = tasksFor(inputFormOf(set.train));
  if (!fitting.includes(kind)) {
    const words = fitting.map((own) => taskDescriptions[own].label.toLowerCase()).join(" or ");
    return `It was not evaluated: the examples of ${set.name} are there to ${words}, and this adapter was made to ${taskDescriptions[kind].label.toLowerCase()}. Choose data of its task, then open it again.`;
  }
  try {
    const prepared = prepareData(set, { ...experiment, data }, model, experiment.seed);
    if (labelsFit(labels, prepared.labels)) return prepared;
    return `It was not evaluated: its labels are ${listed(labels)}, those of ${set.name} are ${listed(prepared.labels)}. Choose the data it was made for, then open it again.`;
  } catch (error) {
    return `It was not evaluated with ${set.name}: ${messageOf(error)}`;
  }
}

/** The adapter with the data's names for its labels. Another data set's optimizer state and evaluations are left behind. */
function judgedAdapter(adapter: Adapter, { data, set }: Candidate, prepared: PreparedData) {
  const { checkpoint, ...rest } = adapter;
  const { labels } = prepared;
  const own = adapter.experiment.data;
  const isOwn = JSON.stringify(own) === JSON.stringify(data);
  const notes = labels.every((label, index) => label === adapter.labels[index])
    ? []
    : [`Its files name no labels; ${listed(labels)} of ${set.name} stand for them in this order.`];
  if (checkpoint !== undefined && !isOwn) {
    notes.push(
      `It was trained with other data (${own.kind === "own" ? own.name : own.id}), so training on starts from its best numbers, without the optimizer's state.`,
    );
  }
  const kept = checkpoint !== undefined && isOwn ? { checkpoint } : {};
  return { adapter: { ...rest, labels, experiment: { ...adapter.experiment, data }, ...kept }, notes };
}

async function judge(
  experiment: Experiment,
  values: ReadonlyMap<string, Float32Array>,
  data: PreparedData,
  { model, executor, progress }: OpeningOptions,
) {
  const setup = setUpRun(experiment, model, data.labels);
  const { sequences } = data.evaluation;
  const { plan, dispose } = await openEvaluation({ executor, setup, values, longest: data.longest });
  try {
    const logits: Float32Array[] = [];
    for (let at = 0; at < sequences.length; at += setup.evaluationChunk) {
      progress(at, sequences.length);
      logits.push(...(await logitsOf(plan, setup, sequences.slice(at, at + setup.evaluationChunk))));
    }
    return data.evaluation.score(logits);
  } finally {
    dispose();
  }
}

/** What is known without examples. */
function bareFacts(adapter: Adapter, setup: ReturnType<typeof setUpRun>, executor: Executor): RunFacts {
  return {
    seed: adapter.experiment.seed,
    steps: stepOf(adapter),
    labels: adapter.labels,
    trainExamples: 0,
    evaluationExamples: 0,
    scoreName: setup.task.scoreName(adapter.labels),
    baseline: "",
    majorityAccuracy: 0,
    trained: trainedCounts([setup]),
    truncated: 0,
    backend: executor.info.backend,
    adapter: executor.info.adapter,
  };
}

function stepOf({ checkpoint }: Adapter): number {
  return checkpoint?.step ?? 0;
}

function listed(labels: readonly string[]): string {
  const most = 8;
  return `${labels.slice(0, most).join(", ")}${labels.length > most ? ", …" : ""}`;
}
