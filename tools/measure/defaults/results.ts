/** docs/defaults.json: what every value of every grid scored. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Grid } from "./plan.ts";

const valueSchema = z.union([z.number(), z.string()]);

const rowSchema = z.strictObject({
  value: valueSchema,
  seed: z.int(),
  /** After the last step, on a quarter of train that was not trained on; 0 to 1. */
  score: z.number(),
  scoreName: z.string(),
  baseline: z.number(),
  seconds: z.number(),
});
const gridSchema = z.strictObject({
  set: z.string(),
  task: z.string(),
  method: z.string(),
  field: z.string(),
  rows: z.array(rowSchema),
});
export const defaultsSchema = z.strictObject({ about: z.string(), grids: z.array(gridSchema) });

export type GridResult = z.infer<typeof gridSchema>;
export type DefaultsFile = z.infer<typeof defaultsSchema>;

const about = "Made by tools/measure/defaults.ts; docs/defaults.md is written from it.";

/** A sweep's results.json, as far as it is needed; open cells have no `last`. */
const sweepSchema = z.object({
  cells: z.array(
    z.object({
      values: z.record(z.string(), valueSchema),
      seed: z.int(),
      score: z.string().optional(),
      last: z.object({ accuracy: z.number() }).optional(),
      baseline: z.object({ score: z.number() }).optional(),
      seconds: z.number().optional(),
    }),
  ),
});

/** The committed file, or an empty one. */
export function readDefaults(path: string): DefaultsFile {
  return existsSync(path) ? defaultsSchema.parse(JSON.parse(readFileSync(path, "utf8"))) : { about, grids: [] };
}

export function writeDefaults(path: string, file: DefaultsFile): void {
  writeFileSync(path, `${JSON.stringify(file, undefined, 1)}\n`);
}

/** What a sweep's folder holds of a grid; undefined before its first cell. */
export function gridResult({ set, task, method, axis }: Grid, folder: string): GridResult | undefined {
  const path = join(folder, "results.json");
  if (!existsSync(path)) return undefined;
  const { cells } = sweepSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  const rows = cells.flatMap(({ values, seed, score, last, baseline, seconds }) => {
    const value = values[axis.field];
    if (value === undefined || score === undefined || last === undefined) return [];
    return [
      {
        value,
        seed,
        score: last.accuracy,
        scoreName: score,
        baseline: baseline?.score ?? 0,
        seconds: Math.round(seconds ?? 0),
      },
    ];
  });
  return rows.length === 0 ? undefined : { set, task, method, field: axis.field, rows };
}

/** The file with a grid's result in place of what it held of that grid. */
export function withGrid({ about: text, grids }: DefaultsFile, result: GridResult): DefaultsFile {
  const same = (grid: GridResult): boolean =>
    grid.set === result.set && grid.method === result.method && grid.field === result.field;
  const at = grids.findIndex(same);
  return { about: text, grids: at < 0 ? [...grids, result] : grids.with(at, result) };
}
