/** Sweeps and their results as files: saved, opened, downloaded. */
import { planSweep, type Sweep } from "../config/sweep.ts";
import { toCsv } from "../lib/csv.ts";
import { jsonOf } from "../lib/checked.ts";
import { messageOf } from "../lib/errors.ts";
import { saveFile } from "../lib/saveFile.ts";
import { encodeResults, encodeSweep, resultsTable, type CellResult, type CellResults } from "../storage/sweepFile.ts";
import type { RunEntry } from "./runEntry.ts";
import { useRuns } from "./runs.ts";
import { loadSweep } from "./sweepDraft.ts";
import { isFinished, runOfCell, type ActiveSweep } from "./sweeps.ts";

/** The sweep as the command line reads it. */
export function saveSweep(sweep: Sweep): void {
  saveFile("sweep.json", new Blob([encodeSweep(sweep)], { type: "application/json" }));
}

/** Puts the sweep of a file on the page. Returns why it cannot be used, or undefined when it was taken. */
export async function openSweep(file: File): Promise<string | undefined> {
  try {
    loadSweep(jsonOf(new Uint8Array(await file.arrayBuffer()), file.name));
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

export function saveResultsCsv({ id, sweep }: ActiveSweep): void {
  const table = toCsv(resultsTable(planSweep(sweep), resultsOf(id, sweep)));
  saveFile("sweep-results.csv", new Blob([table], { type: "text/csv;charset=utf-8" }));
}

export function saveResultsJson({ id, sweep }: ActiveSweep): void {
  const json = encodeResults(sweep, planSweep(sweep), resultsOf(id, sweep));
  saveFile("sweep-results.json", new Blob([json], { type: "application/json" }));
}

function resultsOf(sweepId: string, sweep: Sweep): CellResults {
  const { runs } = useRuns.getState();
  return new Map(
    planSweep(sweep).flatMap((cell) => {
      const result = resultOf(runOfCell(runs, sweepId, cell));
      return result === undefined ? [] : [[cell.id, result] as const];
    }),
  );
}

function resultOf(run: RunEntry | undefined): CellResult | undefined {
  if (run === undefined || !isFinished(run) || run.facts === undefined) return undefined;
  const [seed] = run.seeds;
  const outcome = run.status === "diverged" ? "diverged" : "finished";
  return seed && { outcome, facts: run.facts, seed };
}
