/** The active sweep with its cells, its maps and how far it is, from the runs of the table. */
import { useMemo } from "react";
import { planSweep, type SweepCell } from "../../config/sweep.ts";
import { secondsLeft } from "../../config/sweepProgress.ts";
import { isLive, type RunEntry } from "../../store/runEntry.ts";
import { useRuns } from "../../store/runs.ts";
import { sweepMaps, type SweepMap } from "../../store/sweepMap.ts";
import { isFinished, runOfCell, useSweep, type ActiveSweep } from "../../store/sweeps.ts";

export interface SweepState {
  readonly active: ActiveSweep;
  readonly cells: readonly SweepCell[];
  readonly maps: readonly SweepMap[];
  readonly done: number;
  readonly failed: readonly RunEntry[];
  readonly live: RunEntry | undefined;
  /** Share of all steps that are done, the cell in progress included. */
  readonly share: number;
  readonly secondsLeft: number | undefined;
}

export function useSweepState(): SweepState | undefined {
  const active = useSweep((store) => store.active);
  const estimate = useSweep((store) => store.estimate);
  const runs = useRuns((store) => store.runs);
  const sweep = active?.sweep;
  const cells = useMemo(() => (sweep === undefined ? [] : planSweep(sweep)), [sweep]);
  return useMemo(() => {
    if (active === undefined) return undefined;
    const begun = cells.flatMap((cell) => {
      const run = runOfCell(runs, active.id, cell);
      return run === undefined ? [] : [{ cell, run }];
    });
    const finished = begun.filter(({ run }) => isFinished(run));
    const failed = begun.filter(({ run }) => run.status === "failed");
    const live = begun.find(({ run }) => isLive(run))?.run;
    const seconds = new Map(finished.map(({ cell, run }) => [cell.id, run.seconds ?? 0]));
    const ended = new Set(failed.map(({ cell }) => cell.id));
    return {
      active,
      cells,
      maps: sweepMaps(active.id, active.sweep, cells, runs),
      done: finished.length,
      failed: failed.map(({ run }) => run),
      live,
      share: (finished.length + failed.length + shareOf(live)) / cells.length,
      secondsLeft: estimate && secondsLeft(estimate.cells, seconds, ended),
    };
  }, [active, estimate, cells, runs]);
}

function shareOf(run: RunEntry | undefined): number {
  return run === undefined ? 0 : run.step / run.experiment.training.steps;
}
