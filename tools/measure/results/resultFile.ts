/** docs/results.json: every finished run by key, so that an interrupted measurement goes on, and the cells made from them. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";

export const runSchema = z.strictObject({
  /** Arguments of the command line without paths; another plan makes the run again. */
  settings: z.string(),
  rate: z.number().nullable(),
  score: z.number(),
  scoreName: z.string(),
  loss: z.number(),
  examples: z.int(),
  baseline: z.strictObject({ name: z.string(), score: z.number() }),
  trained: z.strictObject({ prompt: z.number(), head: z.number(), model: z.number() }),
  seconds: z.number(),
  backend: z.string(),
});

export const cellSchema = z.strictObject({
  data: z.string(),
  method: z.string(),
  scoreName: z.string(),
  scores: z.array(z.number()),
  mean: z.number(),
  /** Sample deviation over seeds; null with one seed. */
  deviation: z.number().nullable(),
  trained: z.number(),
  seconds: z.number(),
  rate: z.number().nullable(),
  /** Scores of the rates tried, on the part of train that chooses. */
  choosing: z.array(z.strictObject({ rate: z.number(), score: z.number() })),
  baseline: z.strictObject({ name: z.string(), score: z.number() }),
  settings: z.string(),
});

const fileSchema = z.strictObject({
  about: z.string(),
  model: z.string(),
  machine: z.string(),
  cells: z.array(cellSchema),
  runs: z.record(z.string(), runSchema),
});

export type Run = z.infer<typeof runSchema>;
export type Cell = z.infer<typeof cellSchema>;
export type ResultFile = z.infer<typeof fileSchema>;

/** The file, or an empty one. */
export function readResults(path: string, empty: Omit<ResultFile, "cells" | "runs">): ResultFile {
  if (!existsSync(path)) return { ...empty, cells: [], runs: {} };
  return { ...fileSchema.parse(JSON.parse(readFileSync(path, "utf8"))), ...empty };
}

/** Writes the file whole, so that no reader meets half of it. */
export function writeResults(path: string, file: ResultFile): void {
  const beside = `${path}.${process.pid}.writing`;
  writeFileSync(beside, `${JSON.stringify(file, undefined, 1)}\n`);
  renameSync(beside, path);
}
