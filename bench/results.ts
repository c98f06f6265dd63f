/** The JSON of a measured machine: what is in it, how a later part is merged into an earlier file, and how it is read. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, platform, totalmem } from "node:os";
import { dirname } from "node:path";
import { z } from "zod";

const resultSchema = z.object({
  model: z.string(),
  engine: z.string(),
  adapter: z.string(),
  dispatches: z.number(),
  passes: z.number(),
  submits: z.number(),
  bindGroups: z.number(),
  buffers: z.number(),
  /** Sent by the host in one step. */
  bytesWritten: z.number(),
  /** From the step's call to the return of its last submit. Times are milliseconds, medians where there are several. */
  encodeMs: z.number(),
  /** From the step's call until the device has run it. */
  stepMs: z.number(),
  /** Building, uploading, compiling and the first step. */
  firstStepMs: z.number(),
  /** Of the first step. */
  loss: z.number(),
  mode: z.enum(["equal", "savings"]),
  sequences: z.number(),
  /** Tokens per sequence, padded where the engine pads. */
  tokens: z.number(),
  promptLength: z.number(),
  /** Steps that the medians are taken over. */
  steps: z.number(),
  /** Floating-point operations of a step by the studio's FLOP model. */
  flops: z.number().optional(),
});

/** A step of the studio where only part of the model is trained; shares are of the run with prompts in all layers. */
const depthSchema = z.object({
  adapter: z.string(),
  model: z.string(),
  trained: z.string(),
  sequences: z.number(),
  tokens: z.number(),
  promptLength: z.number(),
  steps: z.number(),
  stepMs: z.number(),
  flops: z.number(),
  timeShare: z.number(),
  flopShare: z.number(),
});

const scalingSchema = z.object({
  adapter: z.string(),
  axis: z.string(),
  from: z.number(),
  to: z.number(),
  flopRatio: z.number(),
  timeRatio: z.number(),
  /** timeRatio / flopRatio: 1 when time follows the FLOP model. */
  ratio: z.number(),
  /** Share of matrix products in the larger problem's operations. */
  matmulShare: z.number(),
});

const kernelSchema = z.object({
  model: z.string(),
  adapter: z.string(),
  kernel: z.string(),
  dispatches: z.number(),
  milliseconds: z.number(),
  /** Rates and share are absent where the clock of the device is too coarse. */
  gflops: z.number().optional(),
  /** Absent also where a kernel binds more than it touches, such as a table of embeddings. */
  gigabytes: z.number().optional(),
  /** Of the peak in operations or in bytes, whichever is nearer. */
  peakShare: z.number().optional(),
});

const peakSchema = z.object({
  adapter: z.string(),
  source: z.enum(["measured", "table"]),
  gflops: z.number(),
  gigabytes: z.number(),
});

/** A square matrix product of the studio. */
const matmulSchema = z.object({
  adapter: z.string(),
  size: z.number(),
  /** N or T for each operand. */
  layout: z.string(),
  variant: z.string(),
  milliseconds: z.number(),
  gflops: z.number(),
  peakShare: z.number(),
});

export const runSchema = z.object({
  machine: z.object({
    processor: z.string(),
    cores: z.number(),
    memoryGigabytes: z.number(),
    platform: z.string(),
    node: z.string(),
  }),
  date: z.string(),
  /** What a reader should know of the circumstances. */
  note: z.string().optional(),
  results: z.array(resultSchema),
  depths: z.array(depthSchema),
  scaling: z.array(scalingSchema),
  kernels: z.array(kernelSchema),
  peaks: z.array(peakSchema),
  matmuls: z.array(matmulSchema),
});

export type Result = z.infer<typeof resultSchema>;
export type DepthRow = z.infer<typeof depthSchema>;
export type ScalingRow = z.infer<typeof scalingSchema>;
export type KernelRow = z.infer<typeof kernelSchema>;
export type PeakRow = z.infer<typeof peakSchema>;
export type MatmulRow = z.infer<typeof matmulSchema>;
export type RunFile = z.infer<typeof runSchema>;
/** What one command measured; the machine is added when it is written. */
export type Measured = Omit<RunFile, "machine" | "date">;

export const nothingMeasured: Measured = {
  results: [],
  depths: [],
  scaling: [],
  kernels: [],
  peaks: [],
  matmuls: [],
};

/** Reads a file of results. @throws with the field that is not as expected */
export function readRun(path: string): RunFile {
  const parsed = runSchema.safeParse(JSON.parse(readFileSync(path, "utf8")));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
  throw new Error(`${path} is not a file of benchmark results. ${problems}. Measure again or remove it.`);
}

/** Writes what was measured; rows of the same thing in the file are replaced, the others stay. */
export function writeRun(path: string, measured: Measured): void {
  const before: Measured = existsSync(path) ? readRun(path) : nothingMeasured;
  const note = measured.note ?? before.note;
  const file: RunFile = {
    machine: describeMachine(),
    date: new Date().toISOString().slice(0, 10),
    ...(note === undefined ? {} : { note }),
    results: merged(before.results, measured.results, resultKey),
    depths: merged(before.depths, measured.depths, ({ adapter, model, trained }) => `${adapter} ${model} ${trained}`),
    scaling: merged(before.scaling, measured.scaling, ({ adapter, axis }) => `${adapter} ${axis}`),
    kernels: merged(before.kernels, measured.kernels, ({ adapter, model }) => `${adapter} ${model}`),
    peaks: merged(before.peaks, measured.peaks, ({ adapter }) => adapter),
    matmuls: merged(before.matmuls, measured.matmuls, matmulKey),
  };
  writeJson(path, file);
}

export function writeJson(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}

function resultKey({ adapter, model, engine, mode, sequences, tokens, promptLength }: Result): string {
  return [adapter, model, engine, mode, sequences, tokens, promptLength].join(" ");
}

function matmulKey({ adapter, size, layout, variant }: MatmulRow): string {
  return [adapter, size, layout, variant].join(" ");
}

function merged<Row>(before: readonly Row[], now: readonly Row[], keyOf: (row: Row) => string): Row[] {
  const replaced = new Set(now.map(keyOf));
  return [...before.filter((row) => !replaced.has(keyOf(row))), ...now];
}

function describeMachine(): RunFile["machine"] {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    platform: `${platform()} ${process.arch}`,
    node: process.version,
  };
}
