/** The folder of a sweep: a run folder per finished cell, the sweep itself, and its results. What is in it is not run again. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Experiment } from "../config/experiment.ts";
import type { Sweep, SweepCell } from "../config/sweep.ts";
import type { FinishedCell } from "../experiments/sweep.ts";
import { toCsv } from "../lib/csv.ts";
import { sha256OfText } from "../lib/hash.ts";
import { differingPaths, flatten } from "../lib/paths.ts";
import { decodeRecord } from "../storage/recordFile.ts";
import { encodeResults, encodeSweep, resultsTable, type CellResult } from "../storage/sweepFile.ts";
import type { RunRecord } from "../training/runRecord.ts";
import { UsageError } from "./arguments.ts";
import { readJson, userPath, writeFolder } from "./files.ts";

/** File systems allow 255 bytes. */
const longestName = 200;

export interface SweepFolder {
  readonly finished: readonly FinishedCell[];
  /** Seconds of every finished cell by id. */
  readonly seconds: ReadonlyMap<string, number>;
  /** Where the run of a cell goes. */
  cellFolder(cell: SweepCell): Promise<string>;
  /** Takes a finished cell into the results. */
  add(cell: SweepCell, record: RunRecord): Promise<void>;
}

/** Opens or makes the folder. @throws when it holds a cell with other settings than the plan's. */
export async function openSweepFolder(out: string, sweep: Sweep, cells: readonly SweepCell[]): Promise<SweepFolder> {
  const results = new Map<string, CellResult>();
  const seconds = new Map<string, number>();
  const finished: FinishedCell[] = [];
  const cellFolder = async ({ id }: SweepCell): Promise<string> => join(out, "cells", await folderName(id));
  const take = ({ id }: SweepCell, { outcome, result, modelHash, dataHash }: RunRecord): void => {
    const [seed] = result.seeds;
    if (seed === undefined) return;
    results.set(id, { outcome, facts: result.facts, seed });
    seconds.set(id, seed.seconds);
    finished.push({ id, modelHash, dataHash, backend: result.facts.backend });
  };
  const write = (): Promise<void> =>
    writeFolder(
      out,
      new Map([
        ["results.json", encodeResults(sweep, cells, results)],
        ["results.csv", toCsv(resultsTable(cells, results))],
      ]),
    );
  for (const cell of cells) {
    const record = await readCell(join(await cellFolder(cell), "run.json"));
    if (record === undefined) continue;
    refuseOtherSettings(out, cell, record.experiment);
    take(cell, record);
  }
  await writeFolder(out, new Map([["sweep.json", encodeSweep(sweep)]]));
  await write();
  return {
    finished,
    seconds,
    cellFolder,
    async add(cell, record) {
      take(cell, record);
      await write();
    },
  };
}

async function folderName(id: string): Promise<string> {
  if (id.length <= longestName) return id;
  return `${id.slice(0, longestName - 20)}~${(await sha256OfText(id)).slice(0, 16)}`;
}

/** The record of a finished cell; undefined where there is none, or only a torn one. */
async function readCell(path: string): Promise<RunRecord | undefined> {
  if (!existsSync(userPath(path))) return undefined;
  try {
    return decodeRecord(await readJson(path));
  } catch {
    return undefined;
  }
}

/** Data and backend are compared by what they turned out to be, when the sweep goes on. */
function refuseOtherSettings(out: string, { id, experiment }: SweepCell, before: Experiment): void {
  const settings = (whole: Experiment) => flatten({ ...whole, data: null, backend: null }, ["task"]);
  const [path] = differingPaths(settings(before), settings(experiment));
  if (path === undefined) return;
  const [old, now] = [settings(before)[path], settings(experiment)[path]].map((value) => JSON.stringify(value));
  throw new UsageError(
    `--out: ${out} holds another sweep: its cell ${id} was trained with ${path} ${old}, expected ${now}. Choose another folder.`,
  );
}
