/** A sweep as maps of two axes: what came out of each combination so far, over its seeds. Pure. */
import { axisValueText, type Sweep, type SweepAxis, type SweepCell } from "../config/sweep.ts";
import { sameValue } from "../lib/paths.ts";
import { deviation, mean } from "../lib/statistics.ts";
import { bestOf, isLive, type RunEntry } from "./runEntry.ts";
import { isFinished, runOfCell } from "./sweeps.ts";

/** One square of a map: a combination of values with all its seeds. */
export interface MapSquare {
  /** Runs that have ended, in the order of the seeds. */
  readonly finished: readonly RunEntry[];
  readonly live: RunEntry | undefined;
  readonly failed: readonly RunEntry[];
  readonly seeds: number;
  /** Of the best scores; absent before the first run has ended. */
  readonly mean?: number;
  readonly deviation?: number;
}

export interface SweepMap {
  /** Values of the axes that the map does not show. */
  readonly fixed: readonly { readonly field: string; readonly value: unknown }[];
  readonly columns: readonly unknown[];
  readonly rows: readonly unknown[];
  /** By row, then by column. */
  readonly squares: readonly (readonly MapSquare[])[];
}

export interface MapAxes {
  readonly column: SweepAxis | undefined;
  readonly row: SweepAxis | undefined;
  readonly others: readonly SweepAxis[];
}

/** Length runs to the right and depth downwards where they are axes; otherwise the axes in their order. */
export function mapAxes({ axes }: Sweep): MapAxes {
  const named = (field: string) => axes.find((axis) => axis.field === field);
  const depth = named("method.layers");
  const column = named("method.promptLength") ?? axes.find((axis) => axis !== depth) ?? depth;
  const row = depth === column ? undefined : (depth ?? axes.find((axis) => axis !== column));
  return { column, row, others: axes.filter((axis) => axis !== column && axis !== row) };
}

/** A map for every combination of the other axes. */
export function sweepMaps(
  sweepId: string,
  sweep: Sweep,
  cells: readonly SweepCell[],
  runs: readonly RunEntry[],
): SweepMap[] {
  const { column, row, others } = mapAxes(sweep);
  const columns = column?.values ?? [undefined];
  const rows = row?.values ?? [undefined];
  const squareOf = (fixed: SweepMap["fixed"], down: unknown, right: unknown): MapSquare => {
    const wanted = [...fixed, ...at(row, down), ...at(column, right)];
    const here = cells.filter(({ values }) => wanted.every(({ field, value }) => sameValue(values[field], value)));
    return square(
      here.flatMap((cell) => runOfCell(runs, sweepId, cell) ?? []),
      here.length,
    );
  };
  return fixedValues(others).map((fixed) => ({
    fixed,
    columns,
    rows,
    squares: rows.map((down) => columns.map((right) => squareOf(fixed, down, right))),
  }));
}

function at(axis: SweepAxis | undefined, value: unknown): SweepMap["fixed"] {
  return axis === undefined ? [] : [{ field: axis.field, value }];
}

function fixedValues(axes: readonly SweepAxis[]): SweepMap["fixed"][] {
  return axes.reduce<SweepMap["fixed"][]>(
    (chosen, { field, values }) => chosen.flatMap((before) => values.map((value) => [...before, { field, value }])),
    [[]],
  );
}

function square(runs: readonly RunEntry[], seeds: number): MapSquare {
  const finished = runs.filter(isFinished);
  const scores = finished.flatMap((run) => bestOf(run).map(({ accuracy }) => accuracy));
  return {
    finished,
    live: runs.find(isLive),
    failed: runs.filter(({ status }) => status === "failed"),
    seeds,
    ...(scores.length > 0 && { mean: mean(scores), deviation: deviation(scores) }),
  };
}

/** Lowest and highest mean of all maps, for one scale of colours; undefined before anything has ended. */
export function scoreRange(maps: readonly SweepMap[]): readonly [number, number] | undefined {
  const means = maps.flatMap(({ squares }) => squares.flat().flatMap((cell) => cell.mean ?? []));
  return means.length === 0 ? undefined : [Math.min(...means), Math.max(...means)];
}

/** "top half", "16", or for a map of one axis nothing. */
export function squareWords(value: unknown): string {
  return value === undefined ? "" : axisValueText(value);
}
