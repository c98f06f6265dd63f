/**
 * The studio behind the page: holds the device, the model, the examples and the active runs, and carries out commands. It
 * knows no message channel; `worker.ts` gives it one function to speak with.
 */
import type { Executor } from "../engine/executor.ts";
import { messageOf } from "../lib/errors.ts";
import { abilitiesOf, type LoadedModel } from "../models/loadModel.ts";
import type { Adapter } from "../training/adapter.ts";
import { exportAdapter } from "../training/adapterFiles.ts";
import { createRunControl, type RunControl } from "../training/control.ts";
import { withHead } from "../training/dataSetHead.ts";
import { describeData } from "../training/describeData.ts";
import { estimateRun } from "../training/estimate.ts";
import { inspectRun } from "../training/inspect/inspectRun.ts";
import { measureSavings } from "../training/measureSavings.ts";
import { prepareData, type ExampleSet } from "../training/prepareData.ts";
import { previewExample, previewInput } from "../training/preview.ts";
import { train, type TrainingOptions } from "../training/train.ts";
import { verifyAdapter } from "../training/verifyAdapter.ts";
import { readExamples, readModel } from "./assets.ts";
import { openDevice, type OpenedDevice } from "./device.ts";
import { mixedAnswers } from "./mixedPredictions.ts";
import { openedAdapter } from "./opening.ts";
import { predictionsOf } from "./predictions.ts";
import { createSweeps, type NoteSpeed } from "./sweeps.ts";
import type {
  AdapterState,
  Answers,
  Command,
  CommandKind,
  CommandOf,
  DataSource,
  DeviceReport,
  Estimate,
  ModelReport,
  ModelSource,
  NamedFile,
  OpenedAdapter,
  Preview,
  ProblemArea,
  WorkerMessage,
} from "./protocol.ts";

/** Says which part of the page a failed command belongs to. */
export const problemAreas: Readonly<Record<CommandKind, ProblemArea>> = {
  open: "device",
  "load-model": "model",
  "read-data": "data",
  preview: "data",
  "preview-example": "data",
  estimate: "settings",
  train: "training",
  pause: "training",
  resume: "training",
  step: "training",
  stop: "training",
  "sweep-cost": "settings",
  sweep: "training",
  "measure-savings": "training",
  "cancel-measurement": "training",
  inspect: "training",
  "cancel-inspection": "training",
  predict: "training",
  "predict-mixed": "training",
  "open-adapter": "adapter",
  "export-adapter": "export",
};

export interface Studio {
  carryOut(command: Command): Promise<Answers[CommandKind]>;
}

/** `tell` sends a message to the page. */
export function createStudio(tell: (message: WorkerMessage) => void): Studio {
  let opening: CommandOf<"open"> | undefined;
  let device: Promise<OpenedDevice> | undefined;
  let model: LoadedModel | undefined;
  /** Speed of the last run on this device, floating-point operations per second. */
  let speed: number | undefined;
  const examples = new Map<string, Promise<ExampleSet>>();
  const runs = new Map<string, RunControl>();
  /** A measurement, an inspection or an adapter being opened; one at a time, and never beside a run. */
  let aside: { readonly abort: AbortController; readonly end: Promise<unknown> } | undefined;

  const open = async (command: CommandOf<"open">): Promise<DeviceReport> => {
    if (device !== undefined) (await device.catch(() => undefined))?.executor.dispose();
    opening = command;
    device = undefined;
    speed = undefined;
    return (await openedDevice()).report;
  };

  const openedDevice = (): Promise<OpenedDevice> => {
    if (opening === undefined) throw new Error("The device was not opened yet.");
    device ??= openDevice(opening.backend, opening.base).then((opened) => {
      opened.executor.onEvent((event) => {
        if (event.kind === "lost") device = undefined;
        tell({ kind: "device-event", event: event.kind, message: event.message });
      });
      return opened;
    });
    return device;
  };

  const executor = async (): Promise<Executor> => (await openedDevice()).executor;
  const base = (): string => opening?.base ?? globalThis.location.href;

  const readyModel = (): LoadedModel => {
    if (model === undefined) throw new Error("No model is loaded yet. Wait for it, or open one.");
    return model;
  };

  const openModel = async (source: ModelSource): Promise<ModelReport> => {
    model = await readModel(source, base(), (loaded, total) => tell({ kind: "model-progress", loaded, total }));
    const { family, bytes, hash, unexpected } = model;
    return { ...abilitiesOf(model), dimensions: family.dimensions, bytes, hash, unexpected };
  };

  const examplesOf = (data: DataSource): Promise<ExampleSet> => {
    if (data.kind === "own") return readExamples(data, base());
    const known = examples.get(data.id) ?? readExamples(data, base());
    examples.set(data.id, known);
    known.catch(() => examples.delete(data.id));
    return known;
  };

  const estimate = async ({ experiment, data, others }: CommandOf<"estimate">): Promise<Estimate> => {
    const opened = await device?.catch(() => undefined);
    const [set, ...otherSets] = await Promise.all([examplesOf(data), ...others.map(examplesOf)]);
    const figures = estimateRun(experiment, readyModel(), set, opened?.executor, otherSets);
    return speed === undefined ? figures : { ...figures, seconds: figures.runFlops / speed };
  };

  const startRun = async (command: CommandOf<"train">): Promise<null> => {
    const { runId, experiment, data, others = [], paused, from } = command;
    const model = readyModel();
    const examples = await examplesOf(data);
    const otherExamples = await Promise.all(others.map(examplesOf));
    await endAside();
    const control = createRunControl(paused);
    runs.set(runId, control);
    const goingOn = from === undefined ? {} : { from };
    void carryRun(runId, { experiment, model, examples, otherExamples, control, executor, ...goingOn });
    return null;
  };

  const carryRun = async (runId: string, options: TrainingOptions): Promise<void> => {
    try {
      for await (const event of train(options)) {
        tell({ kind: "run-event", runId, event });
        if (event.kind === "finished") noteSpeed(options, event);
      }
    } catch (error) {
      tell({ kind: "run-failed", runId, problem: { area: "training", message: messageOf(error) } });
    } finally {
      runs.delete(runId);
    }
  };

  const noteSpeed: NoteSpeed = ({ experiment, model: trained, examples: set, otherExamples }, { outcome, record }) => {
    if (outcome !== "finished" || record.seconds === 0) return;
    const { runFlops } = estimateRun(experiment, trained, set, undefined, otherExamples);
    speed = (runFlops * record.seeds.length) / record.seconds;
  };

  const sweeps = createSweeps({ tell, runs, examplesOf, readyModel, executor, noteSpeed });

  const startSweep = async (command: CommandOf<"sweep">): Promise<null> => {
    await endAside();
    return sweeps.start(command);
  };

  const control = ({ kind, runId }: CommandOf<"pause" | "resume" | "step" | "stop">): null => {
    const run = runs.get(runId);
    if (run === undefined) throw new Error("This run is not active any more.");
    run[kind]();
    return null;
  };

  const measure = async ({ experiment, data }: CommandOf<"measure-savings">): Promise<null> => {
    const options = { experiment, model: readyModel(), examples: await examplesOf(data), executor: await executor() };
    return workAside("Measure", async (signal) => {
      for await (const event of measureSavings({ ...options, signal })) tell({ kind: "savings-event", event });
      return null;
    });
  };

  const inspect = async ({ runId, run, data }: CommandOf<"inspect">): Promise<null> => {
    const model = readyModel();
    const examples = typeof data === "string" ? data : await examplesOf(data);
    const options = { run, model, examples, executor: await executor() };
    return workAside("Look inside", async (signal) => {
      for await (const event of inspectRun({ ...options, signal })) tell({ kind: "inspection-event", runId, event });
      return null;
    });
  };

  const openAdapter = async (command: CommandOf<"open-adapter">): Promise<OpenedAdapter> => {
    const host = { tell, examplesOf, model: readyModel(), executor };
    return workAside("Open the adapter", () => openedAdapter(command, host));
  };

  /** Carries out what is no run, after whatever of that kind was going on. */
  const workAside = async <Result>(name: string, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> => {
    await endAside();
    if (runs.size > 0) throw new Error(`A run is in progress. ${name} when it has ended.`);
    const abort = new AbortController();
    const end = work(abort.signal);
    aside = { abort, end };
    return end;
  };

  const endAside = async (): Promise<null> => {
    aside?.abort.abort();
    // Whoever asked for it hears of a failure.
    await aside?.end.catch(() => undefined);
    return null;
  };

  const showExample = async ({ index, data, experiment }: CommandOf<"preview-example">): Promise<Preview> => {
    const loaded = readyModel();
    const { trainExamples, labels } = prepareData(await examplesOf(data), experiment, loaded, experiment.seed);
    const example = trainExamples[index];
    if (example === undefined)
      throw new Error(`There are ${trainExamples.length} examples to train on, not ${index + 1}.`);
    return { ...previewExample(example, labels, experiment, loaded), examples: trainExamples.length };
  };

  const wholeAdapter = ({ head, ...adapter }: AdapterState): Adapter => withHead(adapter, head, readyModel());

  const adapterFiles = async (command: CommandOf<"export-adapter">): Promise<NamedFile[]> => {
    const [loaded, set, adapter] = [readyModel(), await examplesOf(command.data), wholeAdapter(command.adapter)];
    const files = exportAdapter(adapter, loaded);
    const rows = set.evaluation ?? set.train;
    await verifyAdapter({ adapter, files, model: loaded, executor: await executor(), rows });
    return [...files].map(([name, bytes]) => ({ name, bytes }));
  };

  const carryOut = async (command: Command): Promise<Answers[CommandKind]> => {
    switch (command.kind) {
      case "open":
        return open(command);
      case "load-model":
        return openModel(command.source);
      case "read-data":
        return describeData(await examplesOf(command.data), command.experiment, readyModel());
      case "preview":
        return previewInput(command.input, command.experiment, readyModel());
      case "preview-example":
        return showExample(command);
      case "estimate":
        return estimate(command);
      case "train":
        return startRun(command);
      case "pause":
      case "resume":
      case "step":
      case "stop":
        return control(command);
      case "sweep-cost": {
        const cost = await sweeps.cost(command);
        return speed === undefined ? cost : { ...cost, flopsPerSecond: speed };
      }
      case "sweep":
        return startSweep(command);
      case "measure-savings":
        return measure(command);
      case "inspect":
        return inspect(command);
      case "cancel-measurement":
      case "cancel-inspection":
        return endAside();
      case "predict":
        return predictionsOf(
          { adapter: wholeAdapter(command.adapter), inputs: command.inputs },
          { model: readyModel(), executor: await executor() },
        );
      case "predict-mixed":
        return mixedAnswers(
          { ...command, adapters: command.adapters.map(wholeAdapter) },
          { model: readyModel(), executor: await executor() },
        );
      case "open-adapter":
        return openAdapter(command);
      case "export-adapter":
        return adapterFiles(command);
      default:
        return command satisfies never;
    }
  };
  return { carryOut };
}
