/**
 * The link that carries an experiment: in the address's hash, what differs from the defaults of method and task, and always
 * the seed. Text classification is not named, and neither is the task that a built-in set was made for when a link is read.
 * Own data never travels: the link says only what it was called.
 */
import { builtInSet } from "../config/dataSets.ts";
import { defaultExperiment, parseExperiment, type Experiment } from "../config/experiment.ts";
import { sweepSchema, type Sweep } from "../config/sweep.ts";
import { checked } from "../lib/checked.ts";
import { methodKinds } from "../methods/index.schema.ts";
import { withValue } from "../lib/paths.ts";
import { taskKinds, type TaskKind } from "../tasks/index.schema.ts";
import { differencesFromDefault } from "./draft.ts";

export type LinkContent =
  | { readonly kind: "none" }
  | { readonly kind: "experiment"; readonly experiment: Experiment; readonly sweep?: LinkedSweep }
  | { readonly kind: "broken"; readonly message: string };

/** A sweep over the link's experiment. */
export type LinkedSweep = Pick<Sweep, "axes" | "seeds">;

const PATH = /^[a-z][A-Za-z]*(\.[a-z][A-Za-z]*)*$/;
const OWN_DATA = "own:";
const usualTask: TaskKind = "sequence-classification";

/** The hash without "#", e.g. `method=prefix-tuning&seed=1&method.promptLength=32`. */
export function encodeLink(experiment: Experiment): string {
  const link = new URLSearchParams({ method: experiment.method.kind, seed: String(experiment.seed) });
  if (experiment.task.kind !== usualTask) link.set("task", experiment.task.kind);
  for (const [path, value] of Object.entries(differencesFromDefault(experiment))) {
    if (path === "seed") continue;
    link.set(path, path === "data" ? encodeData(experiment.data) : encodeValue(value));
  }
  return link.toString();
}

/** The same with a sweep over the experiment. */
export function encodeSweepLink(experiment: Experiment, { axes, seeds }: LinkedSweep): string {
  return `${encodeLink(experiment)}&${new URLSearchParams({ sweep: JSON.stringify({ axes, seeds }) }).toString()}`;
}

/** Reads a hash. Never throws: a broken link comes back as a message that says what is wrong. */
export function decodeLink(hash: string): LinkContent {
  const text = hash.replace(/^#/, "");
  if (text === "") return { kind: "none" };
  try {
    const link = new URLSearchParams(text);
    const sweep = link.get("sweep");
    return {
      kind: "experiment",
      experiment: readLink(link),
      ...(sweep !== null && { sweep: checked(sweepSchema, decodeValue(sweep), "Its sweep") }),
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: "broken", message: `This link cannot be read, so your own settings stay. ${reason}` };
  }
}

function readLink(link: URLSearchParams): Experiment {
  const method = link.get("method");
  const kind = methodKinds.find((known) => known === method);
  if (!kind) throw new Error(`Its method is "${method ?? "missing"}"; expected one of ${methodKinds.join(", ")}.`);
  if (!link.has("seed")) throw new Error("It has no seed; copy the whole link.");
  let experiment: object = defaultExperiment(kind, taskOf(link));
  for (const [path, text] of link) {
    if (path === "method" || path === "task" || path === "sweep") continue;
    if (!PATH.test(path)) throw new Error(`"${path}" is not the name of a setting.`);
    experiment = withValue(experiment, path, path === "data" ? decodeData(text) : decodeValue(text));
  }
  return parseExperiment(experiment);
}

function taskOf(link: URLSearchParams): TaskKind {
  const named = link.get("task");
  const kind = taskKinds.find((known) => known === named);
  if (named !== null && !kind) throw new Error(`Its task is "${named}"; expected one of ${taskKinds.join(", ")}.`);
  return kind ?? builtInSet(link.get("data") ?? "")?.task ?? usualTask;
}

function encodeData(data: Experiment["data"]): string {
  return data.kind === "own" ? OWN_DATA + data.name : data.id;
}

function decodeData(text: string): Experiment["data"] {
  return text.startsWith(OWN_DATA)
    ? { kind: "own", name: text.slice(OWN_DATA.length) }
    : { kind: "built-in", id: text };
}

/** Words stand as they are; whatever would read as JSON (numbers, null, lists, quoted words) is written as JSON. */
function encodeValue(value: unknown): string {
  return typeof value === "string" && decodeValue(value) === value ? value : JSON.stringify(value);
}

function decodeValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
