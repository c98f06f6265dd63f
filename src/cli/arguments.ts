/** Reads the command line into an experiment and file names. Every mistake is answered with what was expected. */
import { parseArgs } from "node:util";
import { defaultExperiment, parseExperiment, type Experiment } from "../config/experiment.ts";
import { savingsSchema } from "../config/training.ts";
import { methodDescriptions, methodKinds, type MethodKind } from "../methods/index.schema.ts";
import { taskDescriptions, taskKinds, type TaskKind } from "../tasks/index.schema.ts";

/** A mistake of the person at the keyboard: printed without a stack. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const trainOptions = {
  model: { type: "string" },
  task: { type: "string" },
  head: { type: "string" },
  template: { type: "string" },
  "label-words": { type: "string" },
  spans: { type: "string" },
  stride: { type: "string" },
  "longest-answer": { type: "string" },
  "token-types": { type: "string" },
  data: { type: "string" },
  train: { type: "string" },
  eval: { type: "string" },
  method: { type: "string" },
  length: { type: "string" },
  layers: { type: "string" },
  init: { type: "string" },
  "init-scale": { type: "string" },
  "init-text": { type: "string" },
  pooling: { type: "string" },
  reparameterisation: { type: "string" },
  "hidden-size": { type: "string" },
  steps: { type: "string" },
  batch: { type: "string" },
  "learning-rate": { type: "string" },
  "weight-decay": { type: "string" },
  schedule: { type: "string" },
  "warmup-steps": { type: "string" },
  "clip-norm": { type: "string" },
  "evaluate-every": { type: "string" },
  "max-tokens": { type: "string" },
  "micro-batch": { type: "string" },
  "cache-megabytes": { type: "string" },
  weights: { type: "string" },
  without: { type: "string" },
  "examples-per-class": { type: "string" },
  seed: { type: "string" },
  seeds: { type: "string" },
  backend: { type: "string" },
  config: { type: "string" },
  name: { type: "string" },
  out: { type: "string" },
  json: { type: "boolean" },
} as const;

const predictOptions = {
  model: { type: "string" },
  adapter: { type: "string" },
  input: { type: "string" },
  backend: { type: "string" },
  json: { type: "boolean" },
} as const;

const inspectOptions = {
  out: { type: "string" },
  model: { type: "string" },
  train: { type: "string" },
  eval: { type: "string" },
  parts: { type: "string" },
  worst: { type: "string" },
  predictions: { type: "string" },
  backend: { type: "string" },
} as const;

type Values<Options extends Record<string, { readonly type: "string" | "boolean" }>> = {
  readonly [Name in keyof Options]?: Options[Name]["type"] extends "boolean" ? boolean : string;
};
export type TrainValues = Values<typeof trainOptions>;
export type PredictValues = Values<typeof predictOptions>;
export type InspectValues = Values<typeof inspectOptions>;

/** Options of `train`. */
export function readTrainArguments(args: readonly string[]): TrainValues {
  return parse(() => parseArgs({ args: [...args], options: trainOptions, strict: true }).values);
}

/** Options of `predict`. */
export function readPredictArguments(args: readonly string[]): PredictValues {
  return parse(() => parseArgs({ args: [...args], options: predictOptions, strict: true }).values);
}

/** Options of `inspect`. */
export function readInspectArguments(args: readonly string[]): InspectValues {
  return parse(() => parseArgs({ args: [...args], options: inspectOptions, strict: true }).values);
}

/** The value of an option that must be given. */
export function required(value: string | undefined, option: string): string {
  if (value === undefined) throw new UsageError(`Expected the option --${option}.`);
  return value;
}

/** Defaults of the method, then the file given by --config, then the options. */
export function experimentOf(
  values: TrainValues,
  config: Record<string, unknown> = {},
  dataTask?: TaskKind,
): Experiment {
  const taskConfig = asRecord(config["task"]);
  const task = taskKind(values.task ?? (typeof taskConfig["kind"] === "string" ? taskConfig["kind"] : dataTask));
  const fromConfig = asRecord(config["method"]);
  const kind = methodKind(values.method ?? (typeof fromConfig["kind"] === "string" ? fromConfig["kind"] : undefined));
  const base = defaultExperiment(kind, task);
  const method = {
    kind,
    ...(fromConfig["kind"] === undefined || fromConfig["kind"] === kind ? fromConfig : {}),
    ...methodOptions(values, kind),
  };
  return parse(() =>
    parseExperiment({
      ...base,
      ...config,
      ...topOptions(values),
      task: { ...(taskConfig["kind"] === task ? taskConfig : {}), kind: task, ...taskOptions(values, task) },
      method,
      training: { ...base.training, ...asRecord(config["training"]), ...trainingOptions(values) },
    }),
  );
}

/** `1-4`, `1,3` or `all`. */
export function parseLayers(text: string): "all" | number[] {
  if (text === "all") return "all";
  return text.split(",").flatMap((part) => {
    const range = /^(\d+)(?:-(\d+))?$/.exec(part.trim());
    if (range === null) throw new UsageError(`--layers: expected "all", "1-4" or "1,3", got "${text}".`);
    const first = Number(range[1]);
    const last = Number(range[2] ?? range[1]);
    if (last < first) throw new UsageError(`--layers: "${part}" counts backwards.`);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

function methodKind(text: string | undefined): MethodKind {
  if (text === undefined) return "prefix-tuning";
  const kind = methodKinds.find((known) => known === text);
  if (kind === undefined) throw new UsageError(`--method: expected one of ${methodKinds.join(", ")}, got "${text}".`);
  return kind;
}

function taskKind(text: string | undefined): TaskKind {
  if (text === undefined) return "sequence-classification";
  const kind = taskKinds.find((known) => known === text);
  if (kind === undefined) throw new UsageError(`--task: expected one of ${taskKinds.join(", ")}, got "${text}".`);
  return kind;
}

/** Only options that the task has; another one is a mistake worth telling. */
function taskOptions(values: TrainValues, kind: TaskKind): Record<string, unknown> {
  const given = defined({
    head: values.head,
    template: values.template,
    labelWords: values["label-words"] === undefined ? undefined : parsePairs(values["label-words"]),
    spans: values.spans,
    stride: number(values.stride, "stride"),
    longestAnswer: number(values["longest-answer"], "longest-answer"),
    tokenTypes: values["token-types"],
  });
  const known = taskDescriptions[kind].schema.safeParse({ kind, ...given });
  if (known.success) return given;
  const messages = known.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`);
  throw new UsageError(`These options do not fit ${kind}: ${messages.join("; ")}.`);
}

/** `positive=great,negative=terrible`. */
function parsePairs(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(",").map((pair) => {
      const cut = pair.indexOf("=");
      if (cut < 1) throw new UsageError(`--label-words: expected "label=word,label=word", got "${text}".`);
      return [pair.slice(0, cut).trim(), pair.slice(cut + 1).trim()];
    }),
  );
}

/** Only options that the method has; another one is a mistake worth telling. */
function methodOptions(values: TrainValues, kind: MethodKind): Record<string, unknown> {
  const given = defined({
    promptLength: number(values.length, "length"),
    layers: values.layers === undefined ? undefined : parseLayers(values.layers),
    initialisation: values.init,
    initialScale: number(values["init-scale"], "init-scale"),
    initialText: values["init-text"],
    pooling: values.pooling,
    reparameterisation: values.reparameterisation,
    hiddenSize: number(values["hidden-size"], "hidden-size"),
  });
  const known = methodDescriptions[kind].schema.safeParse({ kind, ...given });
  if (known.success) return given;
  const messages = known.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`);
  throw new UsageError(`These options do not fit ${kind}: ${messages.join("; ")}.`);
}

function trainingOptions(values: TrainValues): Record<string, unknown> {
  return defined({
    steps: number(values.steps, "steps"),
    batchSize: number(values.batch, "batch"),
    learningRate: number(values["learning-rate"], "learning-rate"),
    weightDecay: number(values["weight-decay"], "weight-decay"),
    schedule: values.schedule,
    warmupSteps: number(values["warmup-steps"], "warmup-steps"),
    clipNorm: number(values["clip-norm"], "clip-norm"),
    evaluateEvery: number(values["evaluate-every"], "evaluate-every"),
    maxTokens: number(values["max-tokens"], "max-tokens"),
    microBatch: number(values["micro-batch"], "micro-batch"),
    cacheMegabytes: number(values["cache-megabytes"], "cache-megabytes"),
    weights: values.weights,
    savings: values.without === undefined ? undefined : savingsWithout(values.without),
  });
}

/** `frontier,packed-rows`: savings to switch off, in order to measure them. */
function savingsWithout(text: string): Record<string, boolean> {
  const names = Object.keys(savingsSchema.shape);
  const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const off = text.split(",").map((part) => {
    const found = names.find((name) => kebab(name) === part.trim());
    if (found !== undefined) return [found, false] as const;
    throw new UsageError(`--without: expected savings out of ${names.map(kebab).join(", ")}, got "${part}".`);
  });
  return Object.fromEntries(off);
}

function topOptions(values: TrainValues): Record<string, unknown> {
  return defined({
    model: values.model,
    data: dataOptions(values),
    examplesPerClass: number(values["examples-per-class"], "examples-per-class"),
    seed: number(values.seed, "seed"),
    seeds: number(values.seeds, "seeds"),
    backend: values.backend,
  });
}

function dataOptions({ data, train }: TrainValues): Record<string, unknown> | undefined {
  if (data !== undefined && train !== undefined) throw new UsageError("Give either --data or --train, not both.");
  if (train !== undefined) return { kind: "own", name: train };
  return data === undefined ? undefined : { kind: "built-in", id: data };
}

function number(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value)) throw new UsageError(`--${option}: expected a number, got "${text}".`);
  return value;
}

function defined(entries: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function parse<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
