/**
 * The experiment being edited. It is the defaults of method and task plus what the user has touched, so that choosing
 * another method or other data changes exactly what nobody has set by hand. Runs never read this: they carry their own copy.
 */
import { create } from "zustand";
import { persist } from "zustand/middleware";
import { builtInSet, tasksFor } from "../config/dataSets.ts";
import { defaultExperiment, experimentSchema, type Experiment } from "../config/experiment.ts";
import { refusalOf } from "../lib/checked.ts";
import type { MethodKind } from "../methods/index.schema.ts";
import { taskKindSchema, type TaskKind } from "../tasks/index.schema.ts";
import { differingPaths, flatten, withValue, type FlatSettings } from "../lib/paths.ts";

/** Settings that are one value although they are objects: they are exchanged as a whole. */
export const WHOLE_SETTINGS = ["data", "task.labelWords"] as const;

export interface Draft {
  readonly kind: MethodKind;
  readonly task: TaskKind;
  /** Values set by hand, by path. Those that another method or task lacks are kept for the way back. */
  readonly touched: FlatSettings;
  readonly experiment: Experiment;
}

export interface DraftStore extends Draft {
  chooseMethod(kind: MethodKind): void;
  chooseTask(task: TaskKind): void;
  /** Sets one value. Returns why it cannot be used, or undefined when it was taken. */
  change(path: string, value: unknown): string | undefined;
  /** Back to the default of method and task. */
  forget(path: string): void;
  /** Takes over a whole experiment, e.g. of a run or a link. */
  load(experiment: Experiment): void;
}

/** Defaults of method and task with every remembered value that these have and allow. */
export function buildDraft(kind: MethodKind, touched: FlatSettings, task: TaskKind = "sequence-classification"): Draft {
  let experiment = defaultExperiment(kind, task);
  const known = flatten(experiment, WHOLE_SETTINGS);
  for (const [path, value] of Object.entries(touched)) {
    if (!(path in known)) continue;
    const parsed = experimentSchema.safeParse(withValue(experiment, path, value));
    if (parsed.success) experiment = parsed.data;
  }
  return { kind, task, touched, experiment };
}

/** The draft with one value replaced, or why the value cannot be used. The task follows a built-in set it cannot serve. */
export function changeDraft(draft: Draft, path: string, value: unknown): Draft | string {
  const parsed = experimentSchema.safeParse(withValue(draft.experiment, path, value));
  if (!parsed.success) return refusalOf(parsed.error.issues[0], value);
  const touched = { ...draft.touched, [path]: value };
  const { kind, task } = draft;
  const next = path === "data" ? taskFor(parsed.data.data, task) : task;
  return next === task ? { kind, task, touched, experiment: parsed.data } : buildDraft(kind, touched, next);
}

/** The task that goes on if the data can serve it, else the usual one of the data; own data's is for whoever read it. */
function taskFor(data: Experiment["data"], task: TaskKind): TaskKind {
  const set = data.kind === "built-in" ? builtInSet(data.id) : undefined;
  return set === undefined || tasksFor(set.input).includes(task) ? task : set.task;
}

/** The draft that stands for a whole experiment: everything that differs from its defaults counts as touched. */
export function draftOf(experiment: Experiment): Draft {
  return buildDraft(experiment.method.kind, differencesFromDefault(experiment), experiment.task.kind);
}

/** Path and value of every setting that differs from the defaults of the experiment's method and task. */
export function differencesFromDefault(experiment: Experiment): FlatSettings {
  const defaults = flatten(defaultExperiment(experiment.method.kind, experiment.task.kind), WHOLE_SETTINGS);
  const settings = flatten(experiment, WHOLE_SETTINGS);
  const differing = differingPaths(defaults, settings).filter((path) => path in settings);
  return Object.fromEntries(differing.map((path) => [path, settings[path]]));
}

function without(touched: FlatSettings, path: string): FlatSettings {
  return Object.fromEntries(Object.entries(touched).filter(([key]) => key !== path));
}

export const useDraft = create<DraftStore>()(
  persist(
    (set, get) => ({
      ...buildDraft("prefix-tuning", {}),
      chooseMethod: (kind) => set(buildDraft(kind, get().touched, get().task)),
      chooseTask: (task) => set(buildDraft(get().kind, get().touched, task)),
      change(path, value) {
        const changed = changeDraft(get(), path, value);
        if (typeof changed === "string") return changed;
        set(changed);
        return undefined;
      },
      forget: (path) => set(buildDraft(get().kind, without(get().touched, path), get().task)),
      load: (experiment) => set(draftOf(experiment)),
    }),
    {
      name: "softprompt-studio-settings",
      version: 1,
      partialize: ({ kind, task, touched }) => ({ kind, task, touched }),
      merge: (kept, current) => ({ ...current, ...restored(kept) }),
    },
  ),
);

/** Settings kept by an earlier visit; anything unreadable falls back to the defaults. */
function restored(kept: unknown): Draft {
  const fallback = buildDraft("prefix-tuning", {});
  if (typeof kept !== "object" || kept === null || !("kind" in kept) || !("touched" in kept)) return fallback;
  const { kind, touched } = kept;
  if (typeof touched !== "object" || touched === null) return fallback;
  const parsed = experimentSchema.shape.method.safeParse({ kind });
  // Earlier versions knew one task only.
  const task = taskKindSchema.safeParse("task" in kept ? kept.task : undefined).data ?? "sequence-classification";
  return parsed.success ? buildDraft(parsed.data.kind, { ...touched }, task) : fallback;
}
