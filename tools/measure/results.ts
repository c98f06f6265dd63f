/**
 * Makes docs/results.json and docs/results.md: methods × data sets × seeds through the command line, with the built-in model.
 * Finished runs are kept in the JSON, so the command goes on where it stopped.
 *
 *   npx tsx tools/measure/results.ts --data DIR [--minutes N] [--only TEXT] [--json FILE] [--work DIR]
 *   npx tsx tools/measure/results.ts --page [--badges src/config/measured.json]    only the page, from what is there
 *
 * DIR holds a folder per data set (see prepare.ts); --only keeps the jobs whose key begins so, e.g. "sst2 /".
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeBadges } from "./results/badges.ts";
import { cellsOf, chosenRate } from "./results/cells.ts";
import { writePage } from "./results/page.ts";
import { jobsInOrder, type Job } from "./results/plan.ts";
import { readResults, writeResults, type ResultFile } from "./results/resultFile.ts";
import { keyOf, runOnce, settingsOf } from "./results/runOnce.ts";

const root = join(import.meta.dirname, "..", "..");
const { values } = parseArgs({
  options: {
    data: { type: "string" },
    json: { type: "string", default: join(root, "docs", "results.json") },
    work: { type: "string", default: join(root, ".cache", "results") },
    minutes: { type: "string", default: "120" },
    only: { type: "string", default: "" },
    page: { type: "boolean", default: false },
    badges: { type: "string" },
  },
});
const MODEL = "encoder-l4-d128";
const about = {
  about: "Made by tools/measure/results.ts; docs/results.md is written from it.",
  model: MODEL,
  machine: "two shared CPU cores, TensorFlow.js on wasm; seconds are those of a busy machine",
};
const read = (): ResultFile => readResults(values.json, about);

if (values.page) finish();
else measure();

function measure(): void {
  if (values.data === undefined) throw new Error("Expected --data DIR, the folder of the real data sets, or --page.");
  const end = Date.now() + Number(values.minutes) * 60_000;
  for (const job of jobsInOrder()) {
    if (Date.now() > end) break;
    if (keyOf(job).startsWith(values.only)) makeUnlessThere(job, values.data);
  }
  finish();
}

function makeUnlessThere(job: Job, data: string): void {
  const { runs } = read();
  const rate = job.purpose === "choose" ? job.rate : chosenRate(runs, job.data, job.method)?.rate;
  const key = keyOf(job);
  if (rate === undefined && needsChoice(job)) throw new Error(`${key} comes before its learning rate was chosen.`);
  if (runs[key]?.settings === settingsOf(job, rate).join(" ")) return;
  const run = runOnce(job, rate, { root, work: values.work, model: MODEL, data });
  // Read again: another measurement may have written meanwhile.
  const file = read();
  writeResults(values.json, { ...file, runs: { ...file.runs, [key]: run } });
  process.stdout.write(`${key}: ${run.scoreName} ${(100 * run.score).toFixed(1)} in ${Math.round(run.seconds)} s\n`);
}

/** Whether a reported run takes a rate that other runs choose. */
function needsChoice({ data, method, purpose }: Job): boolean {
  return purpose === "report" && "folder" in data.source && ("of" in method.rates || method.rates.length > 0);
}

function finish(): void {
  const file = read();
  const complete = { ...file, cells: cellsOf(file.runs) };
  writeResults(values.json, complete);
  writePage(complete, values.json.replace(/\.json$/, ".md"));
  if (values.badges !== undefined) writeBadges(complete.cells, values.badges);
}
