/** Writes docs/results.md from the cells: an overview, every cell with its settings, and the claims of the field. */
import { writeFileSync } from "node:fs";
import { learningMargin } from "../../../src/config/measured.ts";
import { percent, table } from "../markdown.ts";
import { CLAIMS, compare, titleOf, type Comparison } from "./claims.ts";
import { budgetOf, DATA_SETS, METHODS, VARIANTS, type DataSet } from "./plan.ts";
import type { Cell, ResultFile } from "./resultFile.ts";

const EMPTY = "–";

/** Writes the page whole. */
export function writePage({ cells, model, machine }: ResultFile, path: string): void {
  const parts = [
    "# Results",
    `Measured through the command line with the built-in \`${model}\` (${machine}). Made by \`npx tsx tools/measure/results.ts --data DIR\`, which goes on where it stopped; the numbers are in [results.json](results.json). Mean ± deviation over seeds, in percent; one number is one seed; ${EMPTY} is not measured yet.`,
    howMeasured(),
    "## Overview",
    overview(cells),
    "## The claims of the field",
    "A difference is called higher or lower when it exceeds two standard errors over the seeds; with one seed nothing is claimed.",
    ...CLAIMS.flatMap((claim) => [`### ${claim.title}`, ...claimText(claim.note, compare(claim, cells))]),
    "## What does not learn",
    weakCells(cells),
    "## Cells",
    ...DATA_SETS.flatMap((data) => details(data, cells)),
  ];
  writeFileSync(path, `${parts.join("\n\n")}\n`);
}

function howMeasured(): string {
  return [
    "How it is measured: each method has the same number of learning rates to choose from (`tools/measure/results/plan.ts`), each tried",
    "with one seed on a part of train that is never trained on; with 16 examples per class that part is larger than a true few-shot",
    "setting has. Within a data set all methods get the same steps and batches, but for those named below it. Every run is scored once, after its last step, on data",
    "that no choice has seen, at most 1,000 rows of it. Variants of the deep prompt take over its learning rate, except those with",
    "a network or a verbalizer, which choose their own. Built-in sets run with the defaults of the studio; some of those defaults were",
    "chosen on the same evaluation part, so their scores are not untouched.",
  ].join("\n");
}

function overview(cells: readonly Cell[]): string {
  const methods = [...METHODS, ...VARIANTS];
  const rows = DATA_SETS.map(({ id, title }) => [
    title,
    baselineOf(cells.find(({ data }) => data === id)),
    ...methods.map((method) => {
      const cell = cells.find(({ data, method: of }) => data === id && of === method.id);
      return cell === undefined ? EMPTY : scoreOf(cell);
    }),
  ]);
  const columns = ["", "best answer without a model", ...methods.map(({ title }) => title)];
  // Methods down and data across reads better on a page than 16 columns.
  return table(columns.map((name, column) => [name, ...rows.map((row) => row[column] ?? EMPTY)]));
}

function baselineOf(cell: Cell | undefined): string {
  return cell === undefined ? EMPTY : percent(cell.baseline.score);
}

function claimText(note: string | undefined, comparisons: readonly Comparison[]): string[] {
  const rows = comparisons.map(({ data, first, second, scores, seeds, reading }) => [
    data,
    `${first} ${percent(scores[0])}`,
    `${second} ${percent(scores[1])}`,
    signed(scores[0] - scores[1]),
    seeds === 1 ? "one seed" : `${reading} (${seeds} seeds)`,
  ]);
  const body = rows.length === 0 ? "Not measured yet." : table([["data", "", "against", "points", "reading"], ...rows]);
  return note === undefined ? [body] : [note, body];
}

/** Cells within the margin of the best answer without a model, on real and built-in data. */
function weakCells(cells: readonly Cell[]): string {
  const weak = cells.filter(({ mean, baseline }) => mean < baseline.score + learningMargin);
  if (weak.length === 0) return "Every cell measured so far beats the best answer without a model by 5 points.";
  const rows = weak.map((cell) => [
    DATA_SETS.find(({ id }) => id === cell.data)?.title ?? cell.data,
    titleOf(cell.method),
    scoreOf(cell),
    `${cell.baseline.name}: ${percent(cell.baseline.score)}`,
  ]);
  return `Less than 5 points above the best answer without a model:\n\n${table([["data", "method", "score", "without a model"], ...rows])}`;
}

function details({ id, title, source }: DataSet, cells: readonly Cell[]): string[] {
  const own = cells.filter(({ data }) => data === id);
  const [first] = own;
  if (first === undefined) return [];
  const budget =
    "builtIn" in source
      ? "the studio's defaults"
      : `${source.steps} steps of ${source.batch}, learning rate chosen with ${source.choosingSteps} steps`;
  const rows = own.map((cell) => [
    titleOf(cell.method),
    scoreOf(cell),
    cell.trained.toLocaleString("en"),
    cell.seconds.toFixed(0),
    cell.rate === null ? "default" : `${cell.rate} of ${cell.choosing.map(({ rate }) => rate).join(", ")}`,
  ]);
  const head = ["method", first.scoreName, "numbers trained", "seconds", "learning rate"];
  const baseline = `${first.baseline.name}: ${percent(first.baseline.score)}`;
  return [`### ${title}`, `${budget}; ${baseline}.${exception(source)}`, table([head, ...rows])];
}

/** Methods that got another number of steps, because they are done sooner or their steps cost far more. */
function exception(source: DataSet["source"]): string {
  if ("builtIn" in source) return "";
  return METHODS.filter(({ kind }) => source.ownBudgets?.[kind] !== undefined)
    .map((method) => ({ title: method.title, ...budgetOf(source, method) }))
    .map(
      ({ title, steps, batch, choosingSteps }) =>
        ` ${title}: ${steps} steps of ${batch}, chosen with ${choosingSteps}.`,
    )
    .join("");
}

function scoreOf({ mean, deviation, diverged }: Cell): string {
  const note = diverged === 0 ? "" : ` (${diverged} diverged)`;
  return `${percent(mean)}${deviation === null ? "" : ` ± ${percent(deviation)}`}${note}`;
}

function signed(share: number): string {
  return `${share < 0 ? "−" : "+"}${percent(Math.abs(share))}`;
}
