/** The shown runs with their curves as chart rows and steady axes. Looks again only when the store's version grows. */
import { useMemo, useRef } from "react";
import { curvesOf } from "../../store/curves.ts";
import { isLive, type RunEntry } from "../../store/runEntry.ts";
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
  const version = useRuns((state) => state.version);
  const frame = useMemo(() => {
    const shown = runs.filter(({ id }) => !hidden.has(id)).slice(-MOST_RUNS);
    return { runs: shown, ...chartFrame(shown) };
    // The version stands for the curves, which live outside React.
  }, [runs, hidden, version]);
  return useSteady(frame);
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

/** A single bad batch, or a run that diverges, leaves through the top instead of pressing all others flat. */
function topOfLoss(runs: readonly RunEntry[], rows: readonly ChartRow[]): number {
  const classes = Math.max(2, ...runs.map(({ facts }) => facts?.labels.length ?? 2));
  const chance = Math.log(classes);
  const batches = sortedValues(rows, "loss", "train");
  const usual = batches[Math.floor(batches.length * 0.97)] ?? chance;
  const evaluated = sortedValues(rows, "loss", "eval").at(-1) ?? chance;
  return niceCeiling(Math.min(Math.max(usual, evaluated, chance), 3 * chance));
}

/** While a run is in progress axes only grow. */
function useSteady(frame: ChartData): ChartData {
  const before = useRef(frame);
  const moving = frame.runs.some(isLive) && before.current.runs.length <= frame.runs.length;
  const steady = {
    ...frame,
    lossTop: moving ? Math.max(before.current.lossTop, frame.lossTop) : frame.lossTop,
    accuracyBottom: moving ? Math.min(before.current.accuracyBottom, frame.accuracyBottom) : frame.accuracyBottom,
  };
  before.current = steady;
  return steady;
}
