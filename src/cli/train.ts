/** `train`: one experiment from the command line, with the same loop as the page. Writes run.json and the adapter. */
import type { BackendChoice, Experiment } from "../config/experiment.ts";
import type { Executor } from "../engine/executor.ts";
import { messageOf } from "../lib/errors.ts";
import { friendlyName } from "../lib/friendlyName.ts";
import type { LoadedModel } from "../models/loadModel.ts";
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
import { experimentOf, readTrainArguments, required, type TrainValues } from "./arguments.ts";
import { openExecutor } from "./device.ts";
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
  const control = createRunControl();
  process.once("SIGINT", () => control.stop());
  const device = reopeningDevice(experiment.backend);
  const curves = createCurves();
  const before = await scoreBefore({ experiment, model, examples, executor: await device.current() });
  const reporter = createReporter(values.json ?? false, before);
  let products: RunRecord["products"];
  for await (const event of train({ experiment, model, examples, control, executor: device.current })) {
    curves.see(event);
    reporter.see(event);
    if (event.kind === "performance") products = event.performance.products;
    if (event.kind !== "finished") continue;
    const { outcome, record: result } = event;
    const run = { experiment, model, examples, outcome, result, products, curves: curves.seeds(), name: values.name };
    await writeRun(out, run);
    reporter.finish(result, outcome);
  }
  (await device.current()).dispose();
}

/** The open executor, or after a lost device a new one. */
function reopeningDevice(backend: BackendChoice): { current(): Promise<Executor> } {
  let opened: Promise<Executor> | undefined;
  return {
    current() {
      opened ??= openExecutor(backend).then((executor) => {
        executor.onEvent(({ kind }) => {
          if (kind === "lost") opened = undefined;
        });
        return executor;
      });
      return opened;
    },
  };
}

async function readExperiment(values: TrainValues): Promise<Experiment> {
  const dataTask = values.data === undefined ? undefined : await taskOfBuiltInSet(values.data);
  if (values.config === undefined) return experimentOf(values, {}, dataTask);
  const config = await readJson(values.config);
  return experimentOf(values, typeof config === "object" && config !== null ? { ...config } : {}, dataTask);
}

interface FinishedRun {
  readonly experiment: Experiment;
  readonly model: LoadedModel;
  readonly examples: ExampleSet;
  readonly outcome: RunOutcome;
  readonly result: RunResult;
  readonly products: RunRecord["products"] | undefined;
  readonly curves: readonly SeedCurves[];
  readonly name: string | undefined;
}

async function writeRun(out: string, run: FinishedRun): Promise<void> {
  const { experiment, model, examples, outcome, result, products, curves, name } = run;
  const createdAt = new Date().toISOString();
  const id = `${createdAt}-${experiment.seed}`;
  const record: RunRecord = {
    version: 1,
    id,
    name: name ?? friendlyName(new Set()),
    createdAt,
    experiment,
    modelHash: model.hash,
    dataHash: await hashExamples(examples),
    outcome,
    curves,
    result,
    environment: `Node ${process.versions.node}`,
    ...(products === undefined ? {} : { products }),
  };
  const { labels } = result.facts;
  const json = JSON.stringify({ labels, ...JSON.parse(encodeRecord(record)) }, undefined, 1);
  await writeFolder(out, new Map([["run.json", `${json}\n`]]));
  try {
    await writeFolder(
      `${userPath(out)}/adapter`,
      exportAdapter({ experiment, labels, tensors: result.tensors }, model),
    );
  } catch (error) {
    throw new Error(`The run is in ${out}/run.json, but its adapter could not be written: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
