/** The shown runs with their curves as chart rows and steady axes. Looks again only when the store's version grows. */
import { useMemo } from "react";
import { curvesOf } from "../../store/curves.ts";
import type { RunEntry } from "../../store/runEntry.ts";
import { useRuns } from "../../store/runs.ts";
import { chartRows, extentOf, niceCeiling, type ChartRow } from "./chartRows.ts";

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
  return useMemo(() => {
    const shown = runs.filter(({ id }) => !hidden.has(id)).slice(-MOST_RUNS);
    return { runs: shown, ...chartFrame(shown) };
    // The version stands for the curves, which live outside React.
  }, [runs, hidden, version]);
}

/** Axes reach as far as the runs are planned to go, so that they stand still while points arrive. */
function chartFrame(runs: readonly RunEntry[]): Omit<ChartData, "runs"> {
  const lastStep = Math.max(1, ...runs.map(({ facts, experiment }) => facts?.steps ?? experiment.training.steps));
  const rows = chartRows(
    runs.map(({ id }) => ({ id, curves: curvesOf(id) })),
    lastStep,
  );
  const classes = Math.max(2, ...runs.map(({ facts }) => facts?.labels.length ?? 2));
  const chance = Math.log(classes);
  const [, highestLoss = chance] = extentOf(rows, "loss", "train") ?? [];
  const [lowestAccuracy = 0.5] = extentOf(rows, "accuracy", "eval") ?? [];
  const majorities = [
    ...new Set(runs.flatMap(({ facts }) => facts?.majorityAccuracy ?? []).map((value) => Number(value.toFixed(3)))),
  ];
  const bottom = Math.min(lowestAccuracy, ...majorities) - 0.05;
  return {
    rows,
    lastStep,
    // A diverging run leaves through the top instead of pressing all others flat.
    lossTop: niceCeiling(Math.min(Math.max(highestLoss, chance), 3 * chance)),
    accuracyBottom: Math.max(0, Math.floor(bottom * 5) / 5),
    majorities,
  };
}
