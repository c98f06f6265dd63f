/**
 * The shown runs with their curves as chart rows and steady axes. Curves live outside React; the store publishes a new list
 * of runs whenever they have grown.
 */
import { useMemo } from "react";
import { curvesOf } from "../../store/curves.ts";
import type { RunEntry } from "../../store/runEntry.ts";
import { useRuns } from "../../store/runs.ts";
import { chartRows, niceCeiling, sortedValues, type ChartRow } from "./chartRows.ts";

/** Beyond this many lines a chart says nothing; older runs stay in the table. */
const MOST_RUNS = 16;

export interface ChartData {
  readonly runs: readonly RunEntry[];
  readonly rows: readonly ChartRow[];
  readonly lastStep: number;
  readonly lossTop: number;
  readonly accuracyBottom: number;
  /** Accuracy of always answering the commonest label, one per distinct level. */
  readonly majorities: readonly number[];
}

export function useChartData(): ChartData {
  const runs = useRuns((state) => state.runs);
  const hidden = useRuns((state) => state.hidden);
  return useMemo(() => {
    const shown = runs.filter(({ id }) => !hidden.has(id)).slice(-MOST_RUNS);
    return { runs: shown, ...chartFrame(shown) };
  }, [runs, hidden]);
}

/** Axes reach as far as the runs are planned to go, so that they stand still while points arrive. */
function chartFrame(runs: readonly RunEntry[]): Omit<ChartData, "runs"> {
  const lastStep = Math.max(1, ...runs.map(({ facts, experiment }) => facts?.steps ?? experiment.training.steps));
  const rows = chartRows(
    runs.map(({ id }) => ({ id, curves: curvesOf(id) })),
    lastStep,
  );
  const majorities = [
    ...new Set(runs.flatMap(({ facts }) => facts?.majorityAccuracy ?? []).map((value) => Number(value.toFixed(3)))),
  ];
  const lowest = Math.min(0.5, sortedValues(rows, "accuracy", "eval")[0] ?? 0.5, ...majorities);
  return {
    rows,
    lastStep,
    majorities,
    lossTop: topOfLoss(runs, rows),
    accuracyBottom: Math.max(0, Math.floor((lowest - 0.05) * 5) / 5),
  };
}

/**
 * The top of the loss axis. It only grows with more points, so the axis stands still while they arrive; a single bad batch,
 * or a run that diverges, leaves through the top instead of pressing all others flat.
 */
function topOfLoss(runs: readonly RunEntry[], rows: readonly ChartRow[]): number {
  const classes = Math.max(2, ...runs.map(({ facts }) => facts?.labels.length ?? 2));
  const chance = Math.log(classes);
  const batches = sortedValues(rows, "loss", "train").at(-1) ?? chance;
  const evaluated = sortedValues(rows, "loss", "eval").at(-1) ?? chance;
  return niceCeiling(Math.max(chance, Math.min(batches, 1.5 * chance), Math.min(evaluated, 3 * chance)));
}
