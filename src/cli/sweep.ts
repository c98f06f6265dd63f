/** `sweep`: every cell of a grid, one after the other. What its folder already holds is not run again, so it may be killed at any time. */
import { planSweep, type SweepCell } from "../config/sweep.ts";
import { cellExamples, runSweep, type SweepEvent } from "../experiments/sweep.ts";
import { sweepCost } from "../experiments/sweepCost.ts";
import { createRunControl } from "../training/control.ts";
import { createCurves } from "../training/curves.ts";
import type { RunOutcome, RunResult, TrainingEvent } from "../training/events.ts";
import type { RunRecord } from "../training/runRecord.ts";
import { required } from "./arguments.ts";
import { readJson } from "./files.ts";
import { onInterrupt } from "./interrupt.ts";
import { readSweepArguments, sweepFrom } from "./sweepArguments.ts";
import { openSweepFolder } from "./sweepFolder.ts";
import { createSweepReporter } from "./sweepReport.ts";
import { openSweepSources, type OpenedSources } from "./sweepSources.ts";
import { writeRun, type WrittenRun } from "./train.ts";

/** Runs what is left of the sweep; the status is 1 when a cell failed. Ctrl+C ends it; the cell in progress is left for the next time. */
export async function sweepCommand(args: readonly string[]): Promise<number> {
  const values = readSweepArguments(args);
  const out = required(values.out, "out");
  const sweep = sweepFrom(await readJson(required(values.config, "config")), values);
  const cells = planSweep(sweep);
  const sources = openSweepSources(values);
  const folder = await openSweepFolder(out, sweep, cells);
  const reporter = createSweepReporter(values.json ?? false, await sweepCost(cells, sources), folder.seconds);
  const control = createRunControl();
  const release = onInterrupt(() => control.stop());
  let status = 0;
  const collector = createCollector();
  for await (const event of runSweep({ cells, finished: [...folder.finished], control, sources })) {
    const run = collector.see(event);
    if (run !== undefined) {
      const { record, problem } = await writeCell(await folder.cellFolder(run.cell), run, sources);
      await folder.add(run.cell, record);
      if (problem !== undefined) process.stderr.write(`${problem.message}\n`);
    }
    reporter.see(event);
    if (event.kind === "ended" && event.failed > 0) status = 1;
  }
  release();
  await sources.dispose();
  return status;
}

interface CollectedRun {
  readonly cell: SweepCell;
  readonly outcome: RunOutcome;
  readonly result: RunResult;
  readonly curves: RunRecord["curves"];
  readonly products: RunRecord["products"] | undefined;
}

/** Gathers what a cell's run tells; gives it when the run has finished. */
function createCollector(): { see(event: SweepEvent): CollectedRun | undefined } {
  let curves = createCurves();
  let products: RunRecord["products"];
  const finished = (cell: SweepCell, event: TrainingEvent): CollectedRun | undefined => {
    curves.see(event);
    if (event.kind === "performance") products = event.performance.products;
    if (event.kind !== "finished") return undefined;
    return { cell, outcome: event.outcome, result: event.record, curves: curves.seeds(), products };
  };
  return {
    see(event) {
      if (event.kind === "cell-event") return finished(event.cell, event.event);
      if (event.kind === "cell-started") [curves, products] = [createCurves(), undefined];
      return undefined;
    },
  };
}

async function writeCell(folder: string, { cell, ...run }: CollectedRun, sources: OpenedSources): Promise<WrittenRun> {
  const { experiment } = cell;
  const model = await sources.model(experiment);
  const examples = await cellExamples(experiment, sources);
  // A grid's cells are compared, not trained on; the optimizer's state would multiply what they take on the disk.
  const { checkpoint: _checkpoint, ...result } = run.result;
  const finished = { ...run, ...examples, result, experiment, model, name: cell.id };
  return writeRun(folder, finished, await sources.executor(experiment));
}
