/** docs/results.json: every finished run by key, so that an interrupted measurement goes on, and the cells made from them. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";

/** A run that diverged stops early; its score is that of the moment it stopped. */
export const outcomeSchema = z.enum(["finished", "diverged"]);

export const runSchema = z.strictObject({
  /** Arguments of the command line without paths; another plan makes the run again. */
  settings: z.string(),
  rate: z.number().nullable(),
  outcome: outcomeSchema,
  score: z.number(),
  scoreName: z.string(),
  loss: z.number(),
  examples: z.int(),
  baseline: z.strictObject({ name: z.string(), score: z.number() }),
  trained: z.strictObject({ prompt: z.number(), head: z.number(), model: z.number() }),
  seconds: z.number(),
  backend: z.string(),
});

export interface Cell {
  readonly data: string;
  readonly method: string;
  readonly scoreName: string;
  readonly scores: readonly number[];
  readonly mean: number;
  /** Sample deviation over seeds; null with one seed. */
  readonly deviation: number | null;
  readonly trained: number;
  readonly seconds: number;
  readonly rate: number | null;
  /** Scores of the rates tried, on the part of train that chooses. */
  readonly choosing: readonly { readonly rate: number; readonly score: number }[];
  readonly baseline: Run["baseline"];
  /** Seeds whose run diverged; they count with the score they had then. */
  readonly diverged: number;
  readonly settings: string;
}

/** Only the runs are read; cells are made from them anew. */
const fileSchema = z.object({ runs: z.record(z.string(), runSchema) });

export type Run = z.infer<typeof runSchema>;

export interface ResultFile {
  readonly about: string;
  readonly model: string;
  readonly machine: string;
  readonly cells: readonly Cell[];
  readonly runs: Readonly<Record<string, Run>>;
}

/** The file, or an empty one. */
export function readResults(path: string, empty: Omit<ResultFile, "cells" | "runs">): ResultFile {
  if (!existsSync(path)) return { ...empty, cells: [], runs: {} };
  return { ...empty, cells: [], ...fileSchema.parse(JSON.parse(readFileSync(path, "utf8"))) };
}

/** Writes the file whole, so that no reader meets half of it. */
export function writeResults(path: string, file: ResultFile): void {
  const beside = `${path}.${process.pid}.writing`;
  writeFileSync(beside, `${JSON.stringify(file, undefined, 1)}\n`);
  renameSync(beside, path);
}
