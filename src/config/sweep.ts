/**
 * A sweep: one experiment as what differs from the defaults, axes over any of its settings, and seeds. The same text is the
 * page's file and the command line's `--config`. From it comes the plan: which cells there are, in which order, under which
 * id, each with its whole experiment. Pure; nothing here trains.
 */
import { z } from "zod";
import { checked, refusalOf } from "../lib/checked.ts";
import { sameValue, withValue } from "../lib/paths.ts";
import { experimentSchema, withDefaults, type Experiment } from "./experiment.ts";

/** More cells than anybody waits for are a slip of the pen. */
export const mostCells = 500;

export const axisSchema = z.strictObject({
  /** Path of a setting, e.g. `method.promptLength`; a whole branch such as `method` takes objects as values. */
  field: z
    .string()
    .regex(/^[a-z][A-Za-z]*(\.[a-z][A-Za-z]*)*$/, 'expected the path of a setting, e.g. "training.steps"'),
  values: z.array(z.unknown()),
});

export const sweepSchema = z.strictObject({
  base: z.record(z.string(), z.unknown()).default({}),
  axes: z.array(axisSchema),
  seeds: z.array(experimentSchema.shape.seed.unwrap()).default([1]),
});

export type SweepAxis = z.infer<typeof axisSchema>;
export type Sweep = z.infer<typeof sweepSchema>;

/** One run of a sweep: a value from every axis, and a seed. */
export interface SweepCell {
  /** The same in every plan that holds this cell, whatever other cells there are; usable as the name of a folder. */
  readonly id: string;
  /** Value of each axis by its field. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly experiment: Experiment;
}

/** Settings that a sweep gives in its own way. */
const notAnAxis: Readonly<Record<string, string>> = {
  seed: 'List seeds in "seeds" instead.',
  seeds: 'List seeds in "seeds" instead.',
};

/** A sweep from parsed JSON, planned once so that a bad one is refused as a whole. @throws saying what to change. */
export function parseSweep(input: unknown): Sweep {
  const sweep = checked(sweepSchema, input, "This sweep");
  planSweep(sweep);
  return sweep;
}

/**
 * All cells in the order in which they run: every combination for the first seed, then for the next, so that a map is
 * complete early. @throws when an axis is empty, unknown or out of limits, or when there are too many cells.
 */
export function planSweep(sweep: Sweep): SweepCell[] {
  refuseAxes(sweep);
  refuseSize(sweep);
  const combinations = combinationsOf(sweep.axes).map((values) => ({
    values,
    experiment: experimentOf(sweep, values),
  }));
  return sweep.seeds.flatMap((seed) =>
    combinations.map(({ values, experiment }) => {
      return { id: `${idOf(values)},seed=${seed}`, values, seed, experiment: { ...experiment, seed, seeds: 1 } };
    }),
  );
}

function refuseAxes({ axes, seeds, base }: Sweep): void {
  if (axes.length === 0) throw new Error('This sweep varies nothing: "axes" is empty. Add at least one axis.');
  if (seeds.length === 0) throw new Error('Expected at least one seed in "seeds", got none. Write [1].');
  refuseRepeats("seeds", seeds);
  for (const [index, { field, values }] of axes.entries()) {
    const advice = notAnAxis[field];
    if (advice !== undefined) throw new Error(`"${field}" cannot be an axis. ${advice}`);
    if (values.length === 0)
      throw new Error(`The axis "${field}" has no values. Give at least one, or remove the axis.`);
    refuseRepeats(field, values);
    const other = axes.slice(0, index).find((earlier) => overlaps(earlier.field, field));
    if (other !== undefined)
      throw new Error(`The axes "${other.field}" and "${field}" set the same thing. Remove one of them.`);
  }
  for (const [field, advice] of Object.entries(notAnAxis)) {
    if (field in base) throw new Error(`"base" may not set "${field}". ${advice}`);
  }
}

function overlaps(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);
}

function refuseRepeats(name: string, values: readonly unknown[]): void {
  const twice = values.find((value, index) => values.slice(0, index).some((earlier) => sameValue(earlier, value)));
  if (twice !== undefined) throw new Error(`"${name}" has the value ${JSON.stringify(twice)} twice. Leave one out.`);
}

function refuseSize({ axes, seeds }: Sweep): void {
  const sizes = [...axes.map(({ values }) => values.length), seeds.length];
  const cells = sizes.reduce((product, size) => product * size, 1);
  if (cells <= mostCells) return;
  throw new Error(
    `This sweep has ${cells} cells (${sizes.join(" × ")}, the seeds last); expected at most ${mostCells}. Leave out values or seeds.`,
  );
}

/** The experiment of one combination. @throws naming the axis, or the base, and what to change. */
function experimentOf({ base }: Sweep, values: SweepCell["values"]): Experiment {
  let delta: object = base;
  for (const [field, value] of Object.entries(values)) delta = withValue(delta, field, value);
  const whole = withDefaults({ ...delta });
  const parsed = experimentSchema.safeParse(whole);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const unknown = issue?.code === "unrecognized_keys" ? issue : undefined;
  const path = [...(issue?.path ?? []), ...(unknown?.keys.slice(0, 1) ?? [])].join(".");
  const axis = Object.keys(values).find((field) => overlaps(field, path));
  const place = axis === undefined ? '"base"' : `The axis "${axis}"`;
  const reason = unknown === undefined ? refusalAt(issue, whole) : unknownSetting(path, unknown, whole);
  throw new Error(`${place}: ${unknown === undefined && path !== axis ? `${path}: ` : ""}${reason}`);
}

type Issue = z.core.$ZodIssue;

/** "prefix-tuning has no setting "method.promtLength"; it has …" */
function unknownSetting(path: string, issue: Extract<Issue, { code: "unrecognized_keys" }>, whole: object): string {
  const prefix = issue.path.map((part) => `${String(part)}.`).join("");
  const branch = issue.path.reduce<unknown>((parent, key) => childOf(parent, key), whole);
  const owner = childOf(branch, "kind");
  const known = Object.keys(typeof branch === "object" && branch !== null ? branch : {})
    .filter((name) => name !== "kind" && !issue.keys.includes(name) && !(name in notAnAxis))
    .map((name) => prefix + name);
  const holder = typeof owner === "string" ? owner : "An experiment";
  return `${holder} has no setting "${path}"; expected ${known.length === 0 ? "none" : `one of ${known.join(", ")}`}.`;
}

function refusalAt(issue: Issue | undefined, whole: object): string {
  const value = issue?.path.reduce<unknown>((branch, key) => childOf(branch, key), whole);
  return `${refusalOf(issue, value)} Change it or leave it out.`;
}

function childOf(branch: unknown, key: PropertyKey): unknown {
  return typeof branch === "object" && branch !== null ? Reflect.get(branch, key) : undefined;
}

/** Every choice of one value per axis; the last axis changes fastest. */
function combinationsOf(axes: readonly SweepAxis[]): Record<string, unknown>[] {
  return axes.reduce<Record<string, unknown>[]>(
    (chosen, { field, values }) => chosen.flatMap((before) => values.map((value) => ({ ...before, [field]: value }))),
    [{}],
  );
}

function idOf(values: SweepCell["values"]): string {
  return Object.entries(values)
    .map(([field, value]) => `${field}=${encoded(axisValueText(value))}`)
    .join(",");
}

/** A value as people write it: words as they are, a list as `1+3`, anything else as JSON. */
export function axisValueText(value: unknown): string {
  if (typeof value === "string") return value;
  return Array.isArray(value) ? value.map((part) => axisValueText(part)).join("+") : JSON.stringify(value);
}

/** Id of the run that a cell has on the page. */
export function cellRunId(sweepId: string, cellId: string): string {
  return `${sweepId}/${cellId}`;
}

/** Whether a run belongs to a sweep. */
export function isCellRun(runId: string): boolean {
  return runId.includes("/");
}

/** Letters, digits and `.+-` as they are, a space as `_`, the rest in hex: safe in file names, and different for different texts. */
function encoded(text: string): string {
  return text
    .replace(/[^A-Za-z0-9.+ -]/g, (unit) => `%${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .replaceAll(" ", "_");
}
