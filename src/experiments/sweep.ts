/**
 * Runs the cells of a sweep one after the other and tells what happens. Each cell is an ordinary run that starts from
 * nothing, so its numbers do not depend on the cells before it. Who keeps results, and where, is not decided here: whoever
 * resumes a sweep says which cells are finished.
 */
import { experimentPerDataSet, type Experiment } from "../config/experiment.ts";
import type { SweepCell } from "../config/sweep.ts";
import type { Executor } from "../engine/executor.ts";
import { messageOf } from "../lib/errors.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import type { RunControl } from "../training/control.ts";
import { hashExamples } from "../training/describeData.ts";
import type { RunResult, TrainingEvent } from "../training/events.ts";
import type { ExampleSet } from "../training/prepareData.ts";
import { train } from "../training/train.ts";

/** Where the cells get what they need; asked again for every cell, so keep what is dear. */
export interface SweepSources {
  model(experiment: Experiment): Promise<LoadedModel>;
  /** Of the experiment's own data, its others left aside. */
  examples(experiment: Experiment): Promise<ExampleSet>;
  executor(experiment: Experiment): Promise<Executor>;
}

/** What a cell was computed from and on. */
export interface CellOrigin {
  readonly modelHash: string;
  readonly dataHash: string;
  /** Of the executor, e.g. "webgpu" or "wasm". */
  readonly backend: string;
}

export interface FinishedCell extends CellOrigin {
  readonly id: string;
}

export interface SweepOptions {
  readonly cells: readonly SweepCell[];
  /** Cells that are not run again. */
  readonly finished: readonly FinishedCell[];
  /** Stopping ends the sweep and leaves the cell in progress for the next time. */
  readonly control: RunControl;
  readonly sources: SweepSources;
}

export type SweepEvent =
  | { readonly kind: "cell-started"; readonly cell: SweepCell; readonly origin: CellOrigin }
  /** Everything the cell's run tells, its result included. */
  | { readonly kind: "cell-event"; readonly cell: SweepCell; readonly event: TrainingEvent }
  /** The sweep was stopped before the cell ended; nothing of it is kept. */
  | { readonly kind: "cell-dropped"; readonly cell: SweepCell }
  | { readonly kind: "cell-failed"; readonly cell: SweepCell; readonly message: string }
  | { readonly kind: "ended"; readonly outcome: "finished" | "stopped"; readonly failed: number };

/** The examples of an experiment; others where one prompt is trained on several data sets. */
export interface CellExamples {
  readonly examples: ExampleSet;
  readonly otherExamples: readonly ExampleSet[];
}

/** The sources of one cell, with their identity. */
interface CellRun extends CellExamples {
  readonly model: LoadedModel;
  readonly origin: CellOrigin;
}

/** Every data set of an experiment. */
export async function cellExamples(
  experiment: Experiment,
  sources: Pick<SweepSources, "examples">,
): Promise<CellExamples> {
  const [own, ...others] = experimentPerDataSet(experiment);
  const [examples, ...otherExamples] = await Promise.all([
    sources.examples(own),
    ...others.map((other) => sources.examples(other)),
  ]);
  return { examples, otherExamples };
}

/**
 * Runs every cell that is not finished, in the order of the plan. A cell that cannot be trained is told and the next one runs.
 * @throws when finished cells were computed from other data, with another model or by another backend.
 */
export async function* runSweep({ cells, finished, control, sources }: SweepOptions): AsyncGenerator<SweepEvent> {
  const done = new Set(finished.map(({ id }) => id));
  let failed = 0;
  for (const cell of cells.filter(({ id }) => !done.has(id))) {
    if (control.stopped) break;
    const run = await openCell(cell, sources);
    refuseOtherOrigin(cell, run.origin, cells, finished);
    const outcome = yield* runCell(cell, run, { control, sources });
    if (outcome === "failed") failed++;
  }
  yield { kind: "ended", outcome: control.stopped ? "stopped" : "finished", failed };
}

async function openCell({ experiment }: SweepCell, sources: SweepSources): Promise<CellRun> {
  const model = await sources.model(experiment);
  const { examples, otherExamples } = await cellExamples(experiment, sources);
  const { backend } = (await sources.executor(experiment)).info;
  return {
    model,
    examples,
    otherExamples,
    origin: { modelHash: model.hash, dataHash: await hashExamples(examples), backend },
  };
}

/** Figures of different origin do not belong into one table. */
function refuseOtherOrigin(
  cell: SweepCell,
  origin: CellOrigin,
  cells: readonly SweepCell[],
  finished: readonly FinishedCell[],
): void {
  const alike = new Set(cells.filter(({ experiment }) => sameSources(experiment, cell.experiment)).map(({ id }) => id));
  for (const before of finished.filter(({ id }) => alike.has(id))) {
    const other = (["modelHash", "dataHash", "backend"] as const).find((key) => before[key] !== origin[key]);
    if (other !== undefined) throw new Error(otherOriginMessage(other, before, origin));
  }
}

function sameSources(a: Experiment, b: Experiment): boolean {
  return a.model === b.model && a.backend === b.backend && JSON.stringify(a.data) === JSON.stringify(b.data);
}

function otherOriginMessage(key: keyof CellOrigin, before: FinishedCell, origin: CellOrigin): string {
  const remedy = "Start a new sweep, or go on with what was used before.";
  switch (key) {
    case "modelHash":
      return `The finished cells of this sweep were trained with another model than the one that is here now. ${remedy}`;
    case "dataHash":
      return `The finished cells of this sweep were trained on other examples than those that are here now. ${remedy}`;
    case "backend":
      return `The finished cells of this sweep were computed by ${before.backend}; this would go on with ${origin.backend}, whose numbers differ in the last digits. ${remedy}`;
    default:
      return key satisfies never;
  }
}

async function* runCell(
  cell: SweepCell,
  { model, examples, otherExamples, origin }: CellRun,
  { control, sources }: Pick<SweepOptions, "control" | "sources">,
): AsyncGenerator<SweepEvent, "finished" | "failed" | "dropped"> {
  yield { kind: "cell-started", cell, origin };
  const { experiment } = cell;
  let result: RunResult | undefined;
  try {
    const executor = () => sources.executor(experiment);
    for await (const event of train({ experiment, model, examples, otherExamples, control, executor })) {
      if (event.kind === "finished" && event.outcome === "stopped") break;
      if (event.kind === "finished") result = event.record;
      yield { kind: "cell-event", cell, event };
    }
  } catch (error) {
    if (!control.stopped) {
      yield { kind: "cell-failed", cell, message: messageOf(error) };
      return "failed";
    }
  }
  if (result !== undefined) return "finished";
  yield { kind: "cell-dropped", cell };
  return "dropped";
}
