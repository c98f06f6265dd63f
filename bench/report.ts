/** Writes docs/benchmark.md from the files in bench/results, so that no figure is typed by hand. */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  readRun,
  type DepthRow,
  type KernelRow,
  type MatmulRow,
  type Measured,
  type PeakRow,
  type Result,
  type RunFile,
  type ScalingRow,
} from "./results.ts";
import { dominatedShare, scalingTolerance } from "./scaling.ts";

const resultsFolder = join("bench", "results");
const page = join("docs", "benchmark.md");

/** Writes the page and returns its path. @throws when there are no results */
export function writeReport(root: string): string {
  const folder = join(root, resultsFolder);
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  if (files.length === 0) throw new Error(`${resultsFolder} holds no results. Run the benchmark with --json first.`);
  const runs = files.toSorted().map((name) => readRun(join(folder, name)));
  writeFileSync(join(root, page), `${[introduction, ...runs.map(describeRun)].join("\n\n").trimEnd()}\n`);
  return page;
}

/** Tables of what was measured, for the terminal. Empty when nothing was. */
export function describeMeasured(measured: Measured): string {
  return sectionsOf(measured)
    .map((section) => `${section}\n\n`)
    .join("");
}

const introduction = `# Benchmark

Made by \`npm run bench -- --docs\` from the files in \`bench/results\`; do not edit by hand.

How to run it: [bench/README.md](../bench/README.md).

Every engine trains the same thing: prefix tuning of a frozen BERT or GPT-2 (a trained key and value per prompt slot in
every layer) with a linear head, the same weights, start values and batches, AdamW, no dropout. The first losses must agree
within 0.0001, or the benchmark fails. Steps of the engines take turns in one process; figures are medians over the number of steps given.

- **studio** is this project's engine: one static plan, one compute pass and one submit per step.
- **tfjs** is TensorFlow.js' own differentiation, written by hand in its best form (\`matMul\` instead of fused layers, weights
  as [in, out], constants kept on the device, one tidy) on a device opened like the studio's.
- **jax-js** has loss, gradient and AdamW in one \`jit\`.
- **studio-wasm** is the studio where WebGPU is missing: the same graphs through TensorFlow.js on wasm, on the processor.
- **peft** is PyTorch with PEFT on the same machine, after its first ten losses agreed.

_Equal work_ pads all texts to one length, computes all rows and reuses nothing. _With savings_ trains on texts of different
lengths: the studio packs rows, computes the last layer only where it is read and keeps what is frozen; the others pad to the
longest allowed length. _Encode_ is the time from the step's call to the return of its last submit. _First step_ includes
building, uploading and compiling. Software adapters say nothing about GPUs beyond counts, encode time and correctness.
Dawn's null backend takes every call and computes nothing, so its losses mean nothing.`;

function describeRun(run: RunFile): string {
  const { machine, date, note, results, depths, scaling, peaks } = run;
  const [adapter = "unknown adapter"] = [...results, ...depths, ...scaling, ...peaks].map((row) => row.adapter);
  const sections = [
    `## ${adapter}`,
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGigabytes} GB, ${machine.platform}, Node ${machine.node}, ${date}.`,
    ...(note === undefined ? [] : [note]),
    ...sectionsOf(run),
  ];
  return sections.join("\n\n");
}

function sectionsOf({ results, depths, scaling, kernels, peaks, matmuls }: Measured): string[] {
  return [
    ...modeSection(
      "Equal work",
      results.filter(({ mode }) => mode === "equal"),
    ),
    ...modeSection(
      "With savings",
      results.filter(({ mode }) => mode === "savings"),
    ),
    ...depthSection(depths),
    ...scalingSection(scaling),
    ...peakSection(peaks),
    ...kernelSection(kernels),
    ...matmulSection(matmuls),
  ];
}

function modeSection(title: string, results: readonly Result[]): string[] {
  return results.length === 0 ? [] : [`### ${title}`, resultTable(results)];
}

function resultTable(results: readonly Result[]): string {
  const header = [
    "model",
    "texts × tokens, prompt",
    "engine",
    "steps",
    "step ms",
    "× studio",
    "encode ms",
    "× studio",
    "first step s",
    "dispatches",
    "passes",
    "submits",
    "bind groups",
    "buffers",
    "KB sent",
    "loss",
  ];
  const rows = results.map((row) => {
    const own = results.find((other) => other.engine === "studio" && sameProblem(other, row));
    return [
      row.model,
      `${row.sequences} × ${row.tokens}, ${row.promptLength}`,
      row.engine,
      String(row.steps),
      figure(row.stepMs),
      ratio(row.stepMs, own?.stepMs),
      figure(row.encodeMs),
      ratio(row.encodeMs, own?.encodeMs),
      figure(row.firstStepMs / 1000),
      ...[row.dispatches, row.passes, row.submits, row.bindGroups, row.buffers].map(String),
      figure(row.bytesWritten / 1000),
      row.loss.toFixed(5),
    ];
  });
  return table(header, rows);
}

function sameProblem(a: Result, b: Result): boolean {
  return (
    a.model === b.model &&
    a.mode === b.mode &&
    a.sequences === b.sequences &&
    a.tokens === b.tokens &&
    a.promptLength === b.promptLength
  );
}

function depthSection(rows: readonly DepthRow[]): string[] {
  if (rows.length === 0) return [];
  const header = ["model", "texts × tokens, prompt", "trained", "steps", "step ms", "share of time", "share of FLOPs"];
  const body = rows.map((row) => [
    row.model,
    `${row.sequences} × up to ${row.tokens}, ${row.promptLength}`,
    row.trained,
    String(row.steps),
    figure(row.stepMs),
    figure(row.timeShare),
    figure(row.flopShare),
  ]);
  const note =
    "The studio's steady step when less is trained, on SST-2 with all savings and the cache of frozen layers filled.";
  return ["### Part of the model trained", note, table(header, body)];
}

function scalingSection(rows: readonly ScalingRow[]): string[] {
  if (rows.length === 0) return [];
  const header = ["doubled", "from", "to", "FLOP model", "time", "time / model", "matrix products", "within 25 %"];
  const body = rows.map((row) => {
    const holds = Math.abs(row.ratio - 1) <= scalingTolerance ? "yes" : "no";
    return [
      row.axis,
      String(row.from),
      String(row.to),
      `× ${figure(row.flopRatio)}`,
      `× ${figure(row.timeRatio)}`,
      figure(row.ratio),
      percent(row.matmulShare),
      row.matmulShare >= dominatedShare ? holds : "not dominated",
    ];
  });
  return ["### Scaling", "One size doubled at a time, beside the FLOP model of the graph.", table(header, body)];
}

function peakSection(peaks: readonly PeakRow[]): string[] {
  return peaks.map(
    ({ gflops, gigabytes, source }) =>
      `Peak of the adapter (${source}): ${figure(gflops)} GFLOP/s in f32, ${figure(gigabytes)} GB/s in a copy.`,
  );
}

function kernelSection(rows: readonly KernelRow[]): string[] {
  if (rows.length === 0) return [];
  const header = ["model", "kernel", "dispatches", "ms", "GFLOP/s", "GB/s", "share of peak"];
  const body = rows.map((row) => [
    row.model,
    row.kernel,
    String(row.dispatches),
    figure(row.milliseconds),
    row.gflops === undefined ? "" : figure(row.gflops),
    row.gigabytes === undefined ? "" : figure(row.gigabytes),
    row.peakShare === undefined ? "" : percent(row.peakShare),
  ]);
  const note = "Each dispatch timed alone, in a pass of its own; bytes are those of the ranges bound to it.";
  return ["### Kernels", note, table(header, body)];
}

function matmulSection(rows: readonly MatmulRow[]): string[] {
  if (rows.length === 0) return [];
  const header = ["size", "layout", "variant", "ms", "GFLOP/s", "share of peak"];
  const body = rows.map((row) => [
    `${row.size}³`,
    row.layout,
    row.variant,
    figure(row.milliseconds),
    figure(row.gflops),
    percent(row.peakShare),
  ]);
  return ["### Matrix products", table(header, body)];
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** Three significant digits, no exponent. */
function figure(value: number): string {
  if (value >= 100) return String(Math.round(value));
  return String(Number(value.toPrecision(3)));
}

function ratio(value: number, own: number | undefined): string {
  return own === undefined || own === 0 ? "" : figure(value / own);
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(header), rule, ...rows.map(line)].join("\n");
}
