/** Reads the command line into an experiment and file names. Every mistake is answered with what was expected. */
import { defaultExperiment, parseExperiment, type Experiment } from "../config/experiment.ts";
import { savingsSchema } from "../config/training.ts";
import { methodDescriptions, methodKinds, type MethodKind } from "../methods/index.schema.ts";
import { parseLayerChoice, type LayerChoice } from "../methods/layerChoice.schema.ts";
import { taskDescriptions, taskKinds, type TaskKind } from "../tasks/index.schema.ts";
import { asRecord, defined, number, parse, readOptions, UsageError } from "./usage.ts";
import { dataChoices, type DataChoice } from "./dataChoices.ts";

export { UsageError } from "./usage.ts";

const trainOptions = {
  model: { type: "string" },
  task: { type: "string", multiple: true },
  head: { type: "string" },
  template: { type: "string" },
  "label-words": { type: "string" },
  spans: { type: "string" },
  stride: { type: "string" },
  "longest-answer": { type: "string" },
  "token-types": { type: "string" },
  data: { type: "string", multiple: true },
  continue: { type: "string" },
  train: { type: "string", multiple: true },
  eval: { type: "string", multiple: true },
  sampling: { type: "string" },
  "continue-steps": { type: "string" },
  "continue-head": { type: "string" },
  method: { type: "string" },
  length: { type: "string" },
  layers: { type: "string" },
  init: { type: "string" },
  "init-scale": { type: "string" },
  "init-text": { type: "string" },
  pooling: { type: "string" },
  reparameterisation: { type: "string" },
  "hidden-size": { type: "string" },
  dropout: { type: "string" },
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
  adapter: { type: "string", multiple: true },
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

/** `data`, `train`, `eval` and `task` are those of the first data set. */
export type TrainValues = Values<typeof trainOptions> & {
  /** Further data sets that share the prompt. */
  readonly others?: readonly DataChoice[];
};
export type PredictValues = Omit<Values<typeof predictOptions>, "adapter"> & { readonly adapter?: readonly string[] };
export type InspectValues = Values<typeof inspectOptions>;

/** Options of `train`. */
export function readTrainArguments(args: readonly string[]): TrainValues {
  const { data, train, eval: evaluation, task, ...values } = readOptions(args, trainOptions);
  const [first = {}, ...others] = dataChoices({ data, train, eval: evaluation, task });
  return { ...values, ...first, others };
}

/** Options of `predict`. */
export function readPredictArguments(args: readonly string[]): PredictValues {
  return readOptions(args, predictOptions);
}

/** Options of `inspect`. */
export function readInspectArguments(args: readonly string[]): InspectValues {
  return readOptions(args, inspectOptions);
}

/** The value of an option that must be given. */
export function required(value: string | undefined, option: string): string {
  if (value === undefined) throw new UsageError(`Expected the option --${option}.`);
  return value;
}

/**
 * Defaults of the method, then the file given by --config, then the options. `dataTask` and `otherTasks` are the tasks that the
 * built-in sets are made for.
 */
export function experimentOf(
  values: TrainValues,
  config: Record<string, unknown> = {},
  dataTask?: TaskKind,
  otherTasks: readonly TaskKind[] = [],
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
      multiTask: { ...asRecord(config["multiTask"]), ...multiTaskOptions(values, otherTasks) },
    }),
  );
}

function multiTaskOptions(values: TrainValues, tasks: readonly TaskKind[]): Record<string, unknown> {
  const others = (values.others ?? []).map((choice, place) => {
    const task = taskKind(choice.task ?? tasks[place]);
    return { data: dataOptions(choice), task: { kind: task, ...taskOptions(values, task) } };
  });
  return defined({
    others: others.length === 0 ? undefined : others,
    sampling: values.sampling,
    continueSteps: number(values["continue-steps"], "continue-steps"),
    continueHead: values["continue-head"],
  });
}

function layerChoice(text: string): LayerChoice {
  const choice = parseLayerChoice(text);
  if (choice !== undefined) return choice;
  throw new UsageError(`--layers: expected "all", "top half", "top 1", "1-4" or "1,3", got "${text}".`);
}

function methodKind(text: string | undefined): MethodKind {
  if (text === undefined) return "prefix-tuning";
  const kind = methodKinds.find((known) => known === text);
  if (kind === undefined) throw new UsageError(`--method: expected one of ${methodKinds.join(", ")}, got "${text}".`);
  return kind;
}

/** What files are read as when nobody says what they are. */
export const defaultTaskKind: TaskKind = "sequence-classification";

function taskKind(text: string | undefined): TaskKind {
  if (text === undefined) return defaultTaskKind;
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
  const messages = known.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`.trim());
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
    layers: values.layers === undefined ? undefined : layerChoice(values.layers),
    initialisation: values.init,
    initialScale: number(values["init-scale"], "init-scale"),
    initialText: values["init-text"],
    pooling: values.pooling,
    reparameterisation: values.reparameterisation,
    hiddenSize: number(values["hidden-size"], "hidden-size"),
    dropout: number(values.dropout, "dropout"),
  });
  const known = methodDescriptions[kind].schema.safeParse({ kind, ...given });
  if (known.success) return given;
  const messages = known.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`.trim());
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

function dataOptions({ data, train }: DataChoice): Record<string, unknown> | undefined {
  if (train !== undefined) return { kind: "own", name: train };
  return data === undefined ? undefined : { kind: "built-in", id: data };
}
