/** Runs in plain words: what a run is, and what differs from the run before it. */
import type { Experiment } from "../config/experiment.ts";
import { methodDescriptions } from "../methods/index.schema.ts";
import { formatNumber } from "../lib/format.ts";
import { differingPaths, flatten, type FlatSettings } from "../lib/paths.ts";
import { taskDescriptions, taskKinds } from "../tasks/index.schema.ts";
import { usesLabelWords } from "../tasks/taskFit.schema.ts";
import { WHOLE_SETTINGS } from "./draft.ts";

/** Short words of a row; settings that are not listed use the last part of their path. */
const WORDS: Readonly<Record<string, string>> = {
  "method.promptLength": "length",
  "method.layers": "layers",
  "method.initialScale": "initial scale",
  "method.initialisation": "start from",
  "method.initialText": "start text",
  "method.reparameterisation": "reparameterisation",
  "method.hiddenSize": "network width",
  "method.pooling": "read from",
  "method.placement": "place",
  "method.dropout": "prompt dropout",
  "method.lstmLayers": "LSTM layers",
  "method.topLayers": "trained layers",
  "method.targets": "updated weights",
  "method.layerNorms": "layer norms",
  "training.learningRate": "learning rate",
  "training.weightDecay": "weight decay",
  "training.warmupSteps": "warm-up",
  "training.batchSize": "batch",
  "training.clipNorm": "clip",
  "training.evaluateEvery": "evaluate every",
  "training.maxTokens": "longest text",
  "task.kind": "task",
  "task.labelWords": "label words",
  "task.longestAnswer": "longest answer",
  "task.stride": "window overlap",
  "multiTask.others": "prompt shared with",
  "multiTask.sampling": "turns",
  "multiTask.continueSteps": "steps alone",
  "multiTask.continueHead": "head then",
  examplesPerClass: "examples per class",
  evaluationShare: "evaluation share",
};

/** "Deep prompt · length 16 · all layers" */
export function describeExperiment(experiment: Experiment): string {
  const { method } = experiment;
  const parts = [methodDescriptions[method.kind].label];
  if (usesLabelWords(experiment.task)) parts.push("label words");
  if ("promptLength" in method) parts.push(`length ${method.promptLength}`);
  if (method.kind === "prefix-tuning") parts.push(layerWords(method.layers));
  const { others } = experiment.multiTask;
  if (others.length > 0) parts.push(`shared with ${othersWords(others)}`);
  if (experiment.examplesPerClass !== null) parts.push(`${experiment.examplesPerClass} per class`);
  return parts.join(" · ");
}

/** Each difference as "length 16 → 32". Empty when the settings are the same. */
export function describeDifferences(before: Experiment, after: Experiment): string[] {
  const old = flatten(before, WHOLE_SETTINGS);
  const now = flatten(after, WHOLE_SETTINGS);
  // "Fastest available" says nothing about what computed; the device is told elsewhere.
  const saysNothing = (path: string) => path === "backend" && (old[path] === "auto" || now[path] === "auto");
  let paths = differingPaths(old, now).filter((path) => !saysNothing(path));
  if (paths.includes("task.kind")) paths = paths.filter((path) => path === "task.kind" || !followsTask(path));
  if (paths.includes("method.kind")) return methodChange(before, after, paths.filter(isOutsideMethod), old, now);
  return paths.map((path) => describeChange(path, old, now));
}

/** Settings that belong to a task, or that its choice changes by itself. */
function followsTask(path: string): boolean {
  return path.startsWith("task.") || path === "training.maxTokens";
}

/** Settings that belong to a method, or that its choice changes by itself, say nothing once the method is named. */
function isOutsideMethod(path: string): boolean {
  return !path.startsWith("method.") && path !== "training.learningRate" && path !== "training.weightDecay";
}

function methodChange(
  before: Experiment,
  after: Experiment,
  others: readonly string[],
  old: FlatSettings,
  now: FlatSettings,
): string[] {
  const label = (experiment: Experiment) => methodDescriptions[experiment.method.kind].label.toLowerCase();
  return [`${label(before)} → ${label(after)}`, ...others.map((path) => describeChange(path, old, now))];
}

function describeChange(path: string, old: FlatSettings, now: FlatSettings): string {
  const word = WORDS[path] ?? path.split(".").at(-1) ?? path;
  return `${word} ${describeValue(path, old[path])} → ${describeValue(path, now[path])}`;
}

function describeValue(path: string, value: unknown): string {
  if (path === "data") return dataWords(value);
  if (path === "multiTask.others") return othersWords(value);
  if (path === "task.kind")
    return taskKinds.flatMap((kind) => (kind === value ? taskDescriptions[kind].label.toLowerCase() : []))[0] ?? "none";
  if (path === "task.labelWords") return wordsOfLabels(value);
  if (path === "method.layers") return layerWords(value).replace(/^layers | layers$/, "");
  if (path === "examplesPerClass" && value === null) return "all";
  if (typeof value === "number") return formatNumber(value);
  return typeof value === "string" && value !== "" ? value : "none";
}

/** "bad: terrible, good: great" */
function wordsOfLabels(value: unknown): string {
  const words = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return words.length === 0 ? "the labels" : words.map(([label, word]) => `${label}: ${String(word)}`).join(", ");
}

function othersWords(value: unknown): string {
  const others: unknown[] = Array.isArray(value) ? value : [];
  return others.map((other) => dataWords(isWithData(other) ? other.data : undefined)).join(", ") || "none";
}

function isWithData(value: unknown): value is { readonly data: unknown } {
  return typeof value === "object" && value !== null && "data" in value;
}

function dataWords(value: unknown): string {
  if (typeof value !== "object" || value === null) return "none";
  if ("name" in value) return String(value.name);
  return "id" in value ? String(value.id) : "none";
}

/** "all layers", "top half", "layers 3–4", "layer 4" */
export function layerWords(value: unknown): string {
  if (!Array.isArray(value)) return typeof value === "string" && value !== "all" ? value : "all layers";
  const layers = value.filter((layer): layer is number => typeof layer === "number").toSorted((a, b) => a - b);
  const first = layers[0] ?? 0;
  const last = layers.at(-1) ?? 0;
  if (layers.length === 1) return `layer ${first}`;
  const unbroken = last - first === layers.length - 1;
  return `layers ${unbroken ? `${first}–${last}` : layers.join(", ")}`;
}
