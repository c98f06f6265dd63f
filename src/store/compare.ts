/**
 * The comparison of runs: best evaluation score against prompt length or depth, mean and spread over every seed of every run
 * that shares the same settings of both. Only runs of one task on the same data and model with the same method are comparable.
 */
import { promptedLayersOf, promptLengthOf } from "../methods/index.schema.ts";
import { deviation, mean } from "../lib/statistics.ts";
import { bestOf, isLive, type RunEntry } from "./runEntry.ts";

export type CompareAxis = "length" | "depth";

export interface ComparePoint {
  readonly x: number;
  readonly mean: number;
  readonly deviation: number;
  readonly seeds: number;
}

export interface CompareLine {
  /** Value of the other axis, which the line holds fixed. */
  readonly fixed: number;
  readonly points: readonly ComparePoint[];
}

export interface CompareFamily {
  /** Data, task, model and method in one key. */
  readonly key: string;
  readonly runs: readonly RunEntry[];
}

/** Groups of comparable finished runs with a prompt, the group of the newest run first. */
export function compareFamilies(runs: readonly RunEntry[]): CompareFamily[] {
  const families = new Map<string, RunEntry[]>();
  for (const run of runs.toReversed()) {
    if (isLive(run) || !run.facts || bestOf(run).length === 0 || promptLengthOf(run.experiment.method) === 0) continue;
    const key = familyKey(run);
    families.set(key, [...(families.get(key) ?? []), run]);
  }
  return [...families].map(([key, members]) => ({ key, runs: members }));
}

/** What has to agree for two runs to be comparable. */
export function familyKey({ experiment, dataHash }: RunEntry): string {
  const data = experiment.data.kind === "own" ? experiment.data.name : experiment.data.id;
  const { task, model, method, multiTask } = experiment;
  const shared = multiTask.others.length === 0 ? [] : [JSON.stringify(multiTask)];
  return [data, dataHash, JSON.stringify(task), model, method.kind, ...shared].join(" · ");
}

/** Lines of one family, each holding the other axis fixed, ascending. */
export function compareLines(family: CompareFamily, axis: CompareAxis, layers: number): CompareLine[] {
  const lines = new Map<number, Map<number, number[]>>();
  for (const run of family.runs) {
    const length = promptLengthOf(run.experiment.method);
    const depth = depthOf(run, layers);
    const [x, fixed] = axis === "length" ? [length, depth] : [depth, length];
    const line = lines.get(fixed) ?? new Map<number, number[]>();
    line.set(x, [...(line.get(x) ?? []), ...bestOf(run).map(({ accuracy }) => accuracy)]);
    lines.set(fixed, line);
  }
  return [...lines].sort(([a], [b]) => a - b).map(([fixed, points]) => ({ fixed, points: summarised(points) }));
}

/** How many layers carry a prompt; a soft prompt has depth 0. */
export function depthOf({ experiment }: RunEntry, layers: number): number {
  return promptedLayersOf(experiment.method, layers).filter((layer) => layer > 0).length;
}

function summarised(points: ReadonlyMap<number, readonly number[]>): ComparePoint[] {
  return [...points]
    .sort(([a], [b]) => a - b)
    .map(([x, values]) => ({ x, mean: mean(values), deviation: deviation(values), seeds: values.length }));
}

/** Mean best accuracy of head-only runs on the same data and model: the level a prompt has to beat. */
export function headOnlyLevel(family: CompareFamily, runs: readonly RunEntry[]): number | undefined {
  const sample = family.runs[0];
  if (!sample) return undefined;
  const headKey = familyKey({ ...sample, experiment: { ...sample.experiment, method: { kind: "head-only" } } });
  const values = runs
    .filter((run) => !isLive(run) && familyKey(run) === headKey)
    .flatMap((run) => bestOf(run).map(({ accuracy }) => accuracy));
  return values.length > 0 ? mean(values) : undefined;
}
