/**
 * Curves of all shown runs as rows for one chart: at most 300 positions of training points plus the evaluations, shared by
 * every run, so that overlaid lines and both charts have the same cursor. Pure.
 */
import { downsample, type CurvePoint } from "../../lib/downsample.ts";
import { mean } from "../../lib/statistics.ts";
import type { Evaluation, SeedCurves, StepPoint } from "../../worker/protocol.ts";

export type Metric = "loss" | "accuracy";
export type Part = "train" | "eval";

/** A position on the step axis and whatever has a value there, by `seriesKey`; a pair is a band. */
export interface ChartRow {
  readonly step: number;
  [series: string]: number | [number, number];
}

export interface ChartRun {
  readonly id: string;
  readonly curves: readonly SeedCurves[];
}

export const MOST_POINTS = 300;

export function seriesKey(runIndex: number, metric: Metric, part: Part | "band"): string {
  return `${metric}-${part}-${runIndex}`;
}

/** Rows in ascending order of steps. Several seeds of a run become their mean, and a band from lowest to highest. */
export function chartRows(runs: readonly ChartRun[], end: number): ChartRow[] {
  const rows = new Map<number, ChartRow>();
  const put = (step: number, key: string, value: number | [number, number]) => {
    const row = rows.get(step) ?? { step };
    row[key] = value;
    rows.set(step, row);
  };
  runs.forEach(({ curves }, index) => {
    for (const metric of ["loss", "accuracy"] as const) {
      const steps = meanOverSeeds(curves.map((seed) => pointsOf(seed.steps, metric)));
      for (const { x, y } of downsample(steps, end, MOST_POINTS)) put(x, seriesKey(index, metric, "train"), y);
      putEvaluations(curves, metric, end, (step, part, value) => put(step, seriesKey(index, metric, part), value));
    }
  });
  return [...rows.values()].sort((a, b) => a.step - b.step);
}

type PutEvaluation = (step: number, part: "eval" | "band", value: number | [number, number]) => void;

function putEvaluations(curves: readonly SeedCurves[], metric: Metric, end: number, put: PutEvaluation): void {
  const seeds = curves.map((seed) => pointsOf(seed.evaluations, metric));
  for (const { x, y } of downsample(meanOverSeeds(seeds), end, MOST_POINTS)) put(x, "eval", y);
  if (seeds.length < 2) return;
  for (const [step, values] of byStep(seeds)) {
    if (values.length > 1) put(step, "band", [Math.min(...values), Math.max(...values)]);
  }
}

function pointsOf(points: readonly (StepPoint | Evaluation)[], metric: Metric): CurvePoint[] {
  return points.map((point) => ({ x: point.step, y: point[metric] })).filter(({ y }) => Number.isFinite(y));
}

function byStep(seeds: readonly (readonly CurvePoint[])[]): Map<number, number[]> {
  const values = new Map<number, number[]>();
  for (const { x, y } of seeds.flat()) {
    const there = values.get(x);
    if (there) there.push(y);
    else values.set(x, [y]);
  }
  return values;
}

function meanOverSeeds(seeds: readonly (readonly CurvePoint[])[]): readonly CurvePoint[] {
  const only = seeds[0];
  if (seeds.length === 1 && only) return only;
  return [...byStep(seeds)].sort(([a], [b]) => a - b).map(([x, values]) => ({ x, y: mean(values) }));
}

/** A round number at or above `value`, so that an axis grows in few jumps. */
export function niceCeiling(value: number): number {
  return roundUp(value, [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10]);
}

function roundUp(value: number, factors: readonly number[]): number {
  if (!(value > 0)) return 1;
  const unit = 10 ** Math.floor(Math.log10(value));
  return factors.map((factor) => factor * unit).find((round) => round >= value * 0.999) ?? 10 * unit;
}

/** Round tick values from `low` to `high`, about five of them, both ends included. */
export function niceTicks(low: number, high: number): number[] {
  const unit = roundUp((high - low) / 5.01, [1, 2, 2.5, 5, 10]);
  const first = Math.ceil(low / unit - 1e-6);
  const count = Math.floor(high / unit + 1e-6) - first + 1;
  const ticks = Array.from({ length: Math.max(0, count) }, (_, index) =>
    Number(((first + index) * unit).toPrecision(6)),
  );
  return (ticks.at(-1) ?? low) > high - unit * 0.4 ? [...ticks.slice(0, -1), high] : [...ticks, high];
}

/** All values of one kind of series, ascending. */
export function sortedValues(rows: readonly ChartRow[], metric: Metric, part: Part): number[] {
  const prefix = `${metric}-${part}-`;
  const values = rows.flatMap((row) =>
    Object.entries(row).flatMap(([key, value]) => (key.startsWith(prefix) && typeof value === "number" ? [value] : [])),
  );
  return values.sort((a, b) => a - b);
}

/** Value of a series at a row, or the last one before it: an evaluation holds until the next. */
export function valueAt(rows: readonly ChartRow[], index: number, key: string): number | undefined {
  for (let row = index; row >= 0; row--) {
    const value = rows[row]?.[key];
    if (typeof value === "number") return value;
  }
  return undefined;
}
