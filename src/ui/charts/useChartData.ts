/**
 * The shown runs with their curves as chart rows and steady axes. Only runs that measure the same share a chart: those of the
 * task of the run in progress, else of the selected or newest one. Curves live outside React; the store publishes a new list of
 * runs whenever they have grown.
 */
import { useMemo } from "react";
import { curvesOf } from "../../store/curves.ts";
import { isLive, type RunEntry } from "../../store/runEntry.ts";
import { useRuns } from "../../store/runs.ts";
import { measureOf, scoreNameOf, scoresBatches, scoreTitle } from "../../store/taskWords.ts";
import { chartRows, niceCeiling, sortedValues, type ChartRow } from "./chartRows.ts";

/** Beyond this many lines a chart says nothing; older runs stay in the table. */
const MOST_RUNS = 16;

export interface ChartData {
  readonly runs: readonly RunEntry[];
  readonly rows: readonly ChartRow[];
  readonly lastStep: number;
  readonly lossTop: number;
  readonly accuracyBottom: number;
  /** What one scores without learning, one per distinct level. */
  readonly baselines: readonly Baseline[];
  /** What the runs' score is called, with a capital. */
  readonly scoreTitle: string;
  /** Whether training batches have that score. */
  readonly scoresBatches: boolean;
  /** Runs that are not drawn because they measure something else. */
  readonly others: number;
}

export interface Baseline {
  readonly name: string;
  readonly level: number;
}

export function useChartData(): ChartData {
  const runs = useRuns((state) => state.runs);
  const hidden = useRuns((state) => state.hidden);
  const selectedId = useRuns((state) => state.selectedId);
  return useMemo(() => {
    const visible = runs.filter(({ id }) => !hidden.has(id));
    const leading = visible.find(isLive) ?? visible.find(({ id }) => id === selectedId) ?? visible.at(-1);
    const alike = visible.filter((run) => leading !== undefined && measureOf(run) === measureOf(leading));
    const shown = alike.slice(-MOST_RUNS);
    const measure = {
      scoreTitle: leading === undefined ? "Accuracy" : scoreTitle(scoreNameOf(leading)),
      scoresBatches: leading === undefined || scoresBatches(leading),
      others: visible.length - alike.length,
    };
    return { runs: shown, ...measure, ...chartFrame(shown) };
  }, [runs, hidden, selectedId]);
}

/** Axes reach as far as the runs are planned to go, so that they stand still while points arrive. */
function chartFrame(
  runs: readonly RunEntry[],
): Pick<ChartData, "rows" | "lastStep" | "baselines" | "lossTop" | "accuracyBottom"> {
  const lastStep = Math.max(1, ...runs.map(({ facts, experiment }) => facts?.steps ?? experiment.training.steps));
  const rows = chartRows(
    runs.map(({ id }) => ({ id, curves: curvesOf(id) })),
    lastStep,
  );
  const baselines = distinctBaselines(runs);
  const lowest = Math.min(
    0.5,
    sortedValues(rows, "accuracy", "eval")[0] ?? 0.5,
    ...baselines.map(({ level }) => level),
  );
  return {
    rows,
    lastStep,
    baselines,
    lossTop: topOfLoss(runs, rows),
    accuracyBottom: Math.max(0, Math.floor((lowest - 0.05) * 5) / 5),
  };
}

function distinctBaselines(runs: readonly RunEntry[]): Baseline[] {
  const levels = runs
    .flatMap(({ facts }) => (facts !== undefined && facts.evaluationExamples > 0 ? facts : []))
    .map(({ baseline, majorityAccuracy }) => {
      return { name: baseline, level: Number(majorityAccuracy.toFixed(3)) };
    });
  return [...new Map(levels.map((own) => [`${own.level} ${own.name}`, own])).values()];
}

/**
 * The top of the loss axis. It only grows with more points, so the axis stands still while they arrive; a single bad batch,
 * or a run that diverges, leaves through the top instead of pressing all others flat.
 */
function topOfLoss(runs: readonly RunEntry[], rows: readonly ChartRow[]): number {
  const chance = Math.max(Math.LN2, ...runs.map(startingLoss));
  const batches = sortedValues(rows, "loss", "train").at(-1) ?? chance;
  const evaluated = sortedValues(rows, "loss", "eval").at(-1) ?? chance;
  return niceCeiling(Math.max(chance, Math.min(batches, 1.5 * chance), Math.min(evaluated, 3 * chance)));
}

/** About what a run's loss is before it learns: that of equal shares of the labels, or where rows are the labels, the first. */
function startingLoss({ id, facts, experiment }: RunEntry): number {
  const { kind } = experiment.task;
  if (kind === "sequence-classification" || kind === "token-classification") {
    return Math.log(Math.max(2, facts?.labels.length ?? 2));
  }
  const first = curvesOf(id)[0]?.steps[0]?.loss ?? 0;
  return Number.isFinite(first) ? first : 0;
}
