/** `train`: one experiment from the command line, with the same loop as the page. Writes run.json and the adapter. */
import { experimentPerDataSet, type Experiment } from "../config/experiment.ts";
import { messageOf } from "../lib/errors.ts";
import { friendlyName } from "../lib/friendlyName.ts";
import { bindMethod } from "../methods/index.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import type { Adapter } from "../training/adapter.ts";
import { exportAdapter } from "../training/adapterFiles.ts";
import { scoreBefore } from "../training/before.ts";
import { createRunControl } from "../training/control.ts";
import { createCurves } from "../training/curves.ts";
import { hashExamples } from "../training/describeData.ts";
import type { RunOutcome, RunResult } from "../training/events.ts";
import type { ExampleSet } from "../training/prepareData.ts";
import { encodeRecord } from "../storage/recordFile.ts";
import type { RunRecord, SeedCurves } from "../training/runRecord.ts";
import { train } from "../training/train.ts";
import { defaultTaskKind, experimentOf, readTrainArguments, required, type TrainValues } from "./arguments.ts";
import { reopeningDevice } from "./device.ts";
import { readExampleSet, readJson, readModelFolder, taskOfBuiltInSet, userPath, writeFolder } from "./files.ts";
import { createReporter } from "./report.ts";

/** Runs to the end, or until Ctrl+C, which stops after the current step and keeps the result. */
export async function trainCommand(args: readonly string[]): Promise<void> {
  const values = readTrainArguments(args);
  const out = required(values.out, "out");
  const experiment = await readExperiment(values);
  const [model, examples] = await Promise.all([
    readModelFolder(experiment.model),
    readExampleSet(experiment, values.eval),
  ]);
  const otherExamples = await readOtherSets(experiment, values);
  const control = createRunControl();
  process.once("SIGINT", () => control.stop());
  const device = reopeningDevice(experiment.backend);
  const curves = createCurves();
  const before = await scoreBefore({ experiment, model, examples, executor: await device.current() });
  const reporter = createReporter(values.json ?? false, before);
  let products: RunRecord["products"];
  for await (const event of train({ experiment, model, examples, otherExamples, control, executor: device.current })) {
    curves.see(event);
    reporter.see(event);
    if (event.kind === "performance") products = event.performance.products;
    if (event.kind !== "finished") continue;
    const { outcome, record: result } = event;
    const run = {
      experiment,
      model,
      examples,
      otherExamples,
      outcome,
      result,
      products,
      curves: curves.seeds(),
      name: values.name,
    };
    const { problem } = await writeRun(out, run);
    if (problem !== undefined) throw problem;
    reporter.finish(result, outcome);
  }
  (await device.current()).dispose();
}

async function readExperiment(values: TrainValues): Promise<Experiment> {
  const taskOf = (data: string | undefined) => (data === undefined ? undefined : taskOfBuiltInSet(data));
  const dataTask = await taskOf(values.data);
  const otherTasks = await Promise.all(
    (values.others ?? []).map(async ({ data }) => (await taskOf(data)) ?? defaultTaskKind),
  );
  const config = values.config === undefined ? {} : await readJson(values.config);
  return experimentOf(values, typeof config === "object" && config !== null ? { ...config } : {}, dataTask, otherTasks);
}

/** Examples of the further data sets; files for their evaluation come from the options. */
async function readOtherSets(experiment: Experiment, { others = [] }: TrainValues): Promise<ExampleSet[]> {
  const [, ...experiments] = experimentPerDataSet(experiment);
  return Promise.all(experiments.map((own, place) => readExampleSet(own, others[place]?.eval)));
}

export interface FinishedRun {
  readonly experiment: Experiment;
  readonly model: LoadedModel;
  readonly examples: ExampleSet;
  readonly otherExamples: readonly ExampleSet[];
  readonly outcome: RunOutcome;
  readonly result: RunResult;
  readonly products: RunRecord["products"] | undefined;
  readonly curves: readonly SeedCurves[];
  readonly name: string | undefined;
}

export interface WrittenRun {
  readonly record: RunRecord;
  /** Why there is no adapter beside it. */
  readonly problem?: Error;
}

/** Writes the adapter, then run.json: whoever finds run.json finds a whole run. */
export async function writeRun(out: string, run: FinishedRun): Promise<WrittenRun> {
  const { experiment, model, result } = run;
  const record = await recordOf(run);
  const { labels } = result.facts;
  const json = JSON.stringify({ labels, ...JSON.parse(encodeRecord(record)) }, undefined, 1);
  const runFile = new Map([["run.json", `${json}\n`]]);
  try {
    for (const [folder, adapter] of adaptersOf(experiment, model, result)) {
      await writeFolder(`${userPath(out)}/${folder}`, exportAdapter(adapter, model));
    }
  } catch (cause) {
    await writeFolder(out, runFile);
    const message = `The run is in ${out}/run.json, but its adapter could not be written: ${messageOf(cause)}`;
    return { record, problem: new Error(message, { cause }) };
  }
  await writeFolder(out, runFile);
  return { record };
}

async function recordOf(run: FinishedRun): Promise<RunRecord> {
  const { experiment, model, examples, otherExamples, outcome, result, products, curves, name } = run;
  const createdAt = new Date().toISOString();
  return {
    version: 1,
    id: `${createdAt}-${experiment.seed}`,
    name: name ?? friendlyName(new Set()),
    createdAt,
    experiment,
    modelHash: model.hash,
    dataHash: await hashExamples(examples),
    ...(otherExamples.length === 0 ? {} : { otherDataHashes: await Promise.all(otherExamples.map(hashExamples)) }),
    outcome,
    curves,
    result,
    environment: `Node ${process.versions.node}`,
    ...(products === undefined ? {} : { products }),
  };
}

/** One adapter per data set, each as if trained alone: `adapter` of the first one, `adapter-2` … of the others. */
function adaptersOf(
  experiment: Experiment,
  { family }: LoadedModel,
  { facts, tensors, otherHeads = [] }: RunResult,
): [string, Adapter][] {
  const [own, ...others] = experimentPerDataSet(experiment);
  const shapes = [...bindMethod(experiment.method, family.dimensions).tensors, ...family.weights];
  const sharedNames = new Set(shapes.map(({ name }) => name));
  const shared = tensors.filter(({ name }) => sharedNames.has(name));
  return [
    ["adapter", { experiment: own, labels: facts.labels, tensors }],
    ...otherHeads.map((head, place): [string, Adapter] => [
      `adapter-${place + 2}`,
      {
        experiment: others[place] ?? own,
        labels: facts.others?.[place]?.labels ?? [],
        tensors: [...shared, ...head],
      },
    ]),
  ];
}
