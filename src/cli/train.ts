/** `train`: one experiment from the command line, with the same loop as the page. Writes run.json and the adapter. */
import { experimentPerDataSet, type Experiment } from "../config/experiment.ts";
import type { Executor } from "../engine/executor.ts";
import { messageOf } from "../lib/errors.ts";
import { friendlyName } from "../lib/friendlyName.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import type { Adapter } from "../training/adapter.ts";
import { exportAdapter } from "../training/adapterFiles.ts";
import { scoreBefore } from "../training/before.ts";
import { createRunControl, type RunControl } from "../training/control.ts";
import { createCurves } from "../training/curves.ts";
import { withHead } from "../training/dataSetHead.ts";
import { hashExamples } from "../training/describeData.ts";
import type { RunOutcome, RunResult } from "../training/events.ts";
import type { ExampleSet } from "../training/prepareData.ts";
import { encodeRecord } from "../storage/recordFile.ts";
import type { RunRecord, SeedCurves } from "../training/runRecord.ts";
import { train, type TrainingOptions } from "../training/train.ts";
import { verifyAdapter } from "../training/verifyAdapter.ts";
import { defaultTaskKind, experimentOf, readTrainArguments, required, type TrainValues } from "./arguments.ts";
import { readContinuation, type StartedRun } from "./continuation.ts";
import { reopeningDevice, type ReopeningDevice } from "./device.ts";
import { readExampleSet, readJson, readModelFolder, taskOfBuiltInSet, userPath, writeFolder } from "./files.ts";
import { onInterrupt } from "./interrupt.ts";
import { createReporter } from "./report.ts";

/** Runs to the end, or until Ctrl+C, which stops after the current step and keeps the result. */
export async function trainCommand(args: readonly string[]): Promise<number> {
  const values = readTrainArguments(args);
  const out = required(values.out, "out");
  const { experiment, model, from } =
    values.continue === undefined ? await freshRun(values) : await readContinuation(values, values.continue);
  const examples = await readExampleSet(experiment, values.eval);
  const otherExamples = await readOtherSets(experiment, values);
  const options = { experiment, model, examples, otherExamples, ...(from === undefined ? {} : { from }) };
  const control = createRunControl();
  const release = onInterrupt(() => control.stop());
  const device = reopeningDevice(experiment.backend);
  try {
    await trainAndWrite(values, out, options, control, device);
  } finally {
    release();
    (await device.current()).dispose();
  }
  return 0;
}

/** What a run is made of: settings, model, examples, and the adapter it goes on from. */
type RunParts = Pick<TrainingOptions, "experiment" | "model" | "examples" | "from"> & {
  readonly otherExamples: readonly ExampleSet[];
};

async function trainAndWrite(
  values: TrainValues,
  out: string,
  parts: RunParts,
  control: RunControl,
  device: ReopeningDevice,
): Promise<void> {
  const { experiment, model, examples, otherExamples } = parts;
  const curves = createCurves();
  const before = await scoreBefore({ experiment, model, examples, executor: await device.current() });
  const reporter = createReporter(values.json ?? false, before);
  let products: RunRecord["products"];
  for await (const event of train({ ...parts, control, executor: device.current })) {
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
    const { problem } = await writeRun(out, run, await device.current());
    if (problem !== undefined) throw problem;
    reporter.finish(result, outcome);
  }
}

async function freshRun(values: TrainValues): Promise<StartedRun> {
  const experiment = await readExperiment(values);
  return { experiment, model: await readModelFolder(experiment.model) };
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

/** Writes the adapter once its files have been read again and answer as the run does, then run.json: whoever finds run.json finds a whole run. */
export async function writeRun(out: string, run: FinishedRun, executor: Executor): Promise<WrittenRun> {
  const { experiment, model, examples, otherExamples, result } = run;
  const record = await recordOf(run);
  const { labels } = result.facts;
  const json = JSON.stringify({ labels, ...JSON.parse(encodeRecord(record)) }, undefined, 1);
  const runFile = new Map([["run.json", `${json}\n`]]);
  try {
    for (const [place, [folder, adapter]] of adaptersOf(experiment, model, result).entries()) {
      const files = exportAdapter(adapter, model);
      const { evaluation, train: rows } = (place === 0 ? undefined : otherExamples[place - 1]) ?? examples;
      await verifyAdapter({ adapter, files, model, executor, rows: evaluation ?? rows });
      await writeFolder(`${userPath(out)}/${folder}`, files);
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
  model: LoadedModel,
  { facts, tensors, checkpoint, otherHeads = [] }: RunResult,
): [string, Adapter][] {
  const [own, ...others] = experimentPerDataSet(experiment);
  return [
    [
      "adapter",
      { experiment: own, labels: facts.labels, tensors, ...(checkpoint === undefined ? {} : { checkpoint }) },
    ],
    ...otherHeads.map((head, place): [string, Adapter] => {
      const labels = facts.others?.[place]?.labels ?? [];
      return [`adapter-${place + 2}`, withHead({ experiment: others[place] ?? own, labels, tensors }, head, model)];
    }),
  ];
}
