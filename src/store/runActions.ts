/** What one can do with a run in the table: delete, load its settings, download what it made. */
import { toCsv, type CsvCell } from "../lib/csv.ts";
import { saveFile } from "../lib/saveFile.ts";
import { zip } from "../lib/zip.ts";
import { deleteRun } from "../storage/runDatabase.ts";
import { encodeRecord } from "../storage/recordFile.ts";
import type { AdapterState, NamedFile } from "../worker/protocol.ts";
import { answeredSets } from "./answeredSets.ts";
import { curvesOf, dropCurves } from "./curves.ts";
import { dataLabel } from "./data.ts";
import { describeExperiment } from "./describeRun.ts";
import { rowsFor, useData } from "./data.ts";
import { useDraft } from "./draft.ts";
import { engine } from "./engine.ts";
import { modelMismatch } from "./modelMatch.ts";
import { bestOf, isLive, lastOf, type RunEntry } from "./runEntry.ts";
import { useRuns } from "./runs.ts";
import { useSession } from "./session.ts";
import { scoreNameOf, scoresBatches } from "./taskWords.ts";
import { adapterOf, answererOf, dropTensors, recordOf } from "./tensors.ts";

/** The settings of a run become the settings of the page; what computes stays this machine's own choice. */
export function loadSettings({ experiment }: RunEntry): void {
  const { load, experiment: current } = useDraft.getState();
  load({ ...experiment, backend: current.backend });
}

export async function removeRun(entry: RunEntry): Promise<void> {
  if (isLive(entry)) return;
  useRuns.getState().remove(entry.id);
  dropCurves(entry.id);
  dropTensors(entry.id);
  if (!entry.example) await told("storage", () => deleteRun(entry.id));
}

/**
 * The adapter in PEFT's file format, as one archive; the worker checks the files against the run before it hands them out. A
 * PEFT adapter has one head, so further data sets have an adapter each in a folder below, with the same prompt.
 */
export async function downloadAdapter(entry: RunEntry): Promise<void> {
  await told("export", async () => {
    const mismatch = modelMismatch(entry, useSession.getState().model);
    if (mismatch) throw new Error(mismatch);
    const [, ...others] = answeredSets(entry);
    const files = [...(await checkedFiles(await adapterOf(entry)))];
    for (const [place, set] of others.entries()) {
      const own = await checkedFiles(await answererOf(entry, set));
      files.push(...own.map(({ name, bytes }) => ({ name: `data-set-${place + 2}/${name}`, bytes })));
    }
    saveFile(`${entry.name}-adapter.zip`, new Blob([zip(files)], { type: "application/zip" }));
  });
}

async function checkedFiles(adapter: AdapterState): Promise<readonly NamedFile[]> {
  const data = rowsFor(adapter.experiment, useData.getState().own);
  if (typeof data === "string") throw new Error(data);
  return engine().request({ kind: "export-adapter", adapter, data });
}

/** Everything about a run in one JSON file, trained numbers included. */
export async function downloadRecord(entry: RunEntry): Promise<void> {
  await told("export", async () => {
    const record = encodeRecord(await recordOf(entry));
    saveFile(`${entry.name}.json`, new Blob([record], { type: "application/json" }));
  });
}

export function downloadTable(runs: readonly RunEntry[]): void {
  downloadCsv("runs.csv", runsTable(runs));
}

export function downloadCurves(entry: RunEntry): void {
  downloadCsv(`${entry.name}-curves.csv`, curvesTable(entry));
}

function downloadCsv(name: string, rows: readonly (readonly CsvCell[])[]): void {
  saveFile(name, new Blob([toCsv(rows)], { type: "text/csv;charset=utf-8" }));
}

/** One row per run and seed, with plain numbers; `best` and `last` are what the column `score` names. */
export function runsTable(runs: readonly RunEntry[]): CsvCell[][] {
  const header =
    "name,settings,seed,best,interval low,interval high,best macro-F1,last,trained prompt,trained head,trained model,seconds,backend,data,task,score,baseline,baseline score,loss";
  const figures = [...new Set(runs.flatMap((run) => bestOf(run).flatMap((best) => Object.keys(best.figures))))];
  const rows = runs.flatMap((run) => {
    const last = lastOf(run);
    return bestOf(run).map((best, index) => [
      run.name,
      describeExperiment(run.experiment),
      run.experiment.seed + index,
      best.accuracy,
      ...best.interval,
      best.macroF1,
      last[index]?.accuracy,
      run.facts?.trained.prompt,
      run.facts?.trained.head,
      run.facts?.trained.model,
      run.seeds[index]?.seconds,
      run.facts?.backend,
      dataLabel(run.experiment.data),
      run.experiment.task.kind,
      scoreNameOf(run),
      run.facts?.baseline,
      run.facts?.majorityAccuracy,
      best.loss,
      ...figures.map((name) => best.figures[name]),
    ]);
  });
  return [[...header.split(","), ...figures], ...rows];
}

/** Steps and evaluations in one long table. */
export function curvesTable(entry: RunEntry): CsvCell[][] {
  const score = scoreNameOf(entry);
  const rows: CsvCell[][] = [
    ["seed", "part", "step", "loss", score, "gradient norm", "learning rate", "macro-F1", "batch accuracy"],
  ];
  for (const { seed, steps, evaluations } of curvesOf(entry.id)) {
    for (const { step, loss, accuracy, gradientNorm, learningRate } of steps) {
      const own = scoresBatches(entry) ? accuracy : undefined;
      rows.push([seed, "train", step, loss, own, gradientNorm, learningRate, undefined, accuracy]);
    }
    for (const { step, loss, accuracy, macroF1 } of evaluations) {
      rows.push([seed, "evaluation", step, loss, accuracy, undefined, undefined, macroF1, undefined]);
    }
  }
  return rows;
}

async function told(area: "export" | "storage", work: () => Promise<void>): Promise<void> {
  const { report } = useSession.getState();
  report(area, undefined);
  await work().catch((error: unknown) => report(area, error instanceof Error ? error.message : String(error)));
}
