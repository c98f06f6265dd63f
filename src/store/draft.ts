/**
 * The experiment being edited. It is the method's defaults plus what the user has touched, so that choosing another method
 * changes exactly what nobody has set by hand. Runs never read this: they carry their own copy.
 */
import type { z } from "zod";
import { create } from "zustand";
import { persist } from "zustand/middleware";
import { defaultExperiment, experimentSchema, type Experiment } from "../config/experiment.ts";
import type { MethodKind } from "../methods/index.schema.ts";
import { differingPaths, flatten, withValue, type FlatSettings } from "../lib/paths.ts";

/** Settings that are one value although they are objects: they are exchanged as a whole. */
export const WHOLE_SETTINGS = ["data", "task"] as const;

export interface Draft {
  readonly kind: MethodKind;
  /** Values set by hand, by path. Those that another method lacks are kept for the way back. */
  readonly touched: FlatSettings;
  readonly experiment: Experiment;
}

export interface DraftStore extends Draft {
  chooseMethod(kind: MethodKind): void;
  /** Sets one value. Returns why it cannot be used, or undefined when it was taken. */
  change(path: string, value: unknown): string | undefined;
  /** Back to the method's default. */
  forget(path: string): void;
  /** Takes over a whole experiment, e.g. of a run or a link. */
  load(experiment: Experiment): void;
}

/** Defaults of `kind` with every remembered value that this method has and allows. */
export function buildDraft(kind: MethodKind, touched: FlatSettings): Draft {
  let experiment = defaultExperiment(kind);
  const known = flatten(experiment, WHOLE_SETTINGS);
  for (const [path, value] of Object.entries(touched)) {
    if (!(path in known)) continue;
    const parsed = experimentSchema.safeParse(withValue(experiment, path, value));
    if (parsed.success) experiment = parsed.data;
  }
  return { kind, touched, experiment };
}

/** The draft with one value replaced, or why the value cannot be used. */
export function changeDraft(draft: Draft, path: string, value: unknown): Draft | string {
  const parsed = experimentSchema.safeParse(withValue(draft.experiment, path, value));
  if (!parsed.success) return refusal(parsed.error.issues[0], value);
  return { kind: draft.kind, touched: { ...draft.touched, [path]: value }, experiment: parsed.data };
}

/** What was expected and what came. */
function refusal(issue: z.core.$ZodIssue | undefined, value: unknown): string {
  if (issue?.code === "too_big") return `Expected at most ${issue.maximum}, got ${String(value)}.`;
  if (issue?.code === "too_small") {
    return `Expected ${issue.inclusive ? "at least" : "more than"} ${issue.minimum}, got ${String(value)}.`;
  }
  return `${issue?.message ?? "This value cannot be used"}, got ${JSON.stringify(value)}.`;
}

/** The draft that stands for a whole experiment: everything that differs from the method's defaults counts as touched. */
export function draftOf(experiment: Experiment): Draft {
  return buildDraft(experiment.method.kind, differencesFromDefault(experiment));
}

/** Path and value of every setting that differs from the defaults of the experiment's method. */
export function differencesFromDefault(experiment: Experiment): FlatSettings {
  const defaults = flatten(defaultExperiment(experiment.method.kind), WHOLE_SETTINGS);
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
      chooseMethod: (kind) => set(buildDraft(kind, get().touched)),
      change(path, value) {
        const changed = changeDraft(get(), path, value);
        if (typeof changed === "string") return changed;
        set(changed);
        return undefined;
      },
      forget: (path) => set(buildDraft(get().kind, without(get().touched, path))),
      load: (experiment) => set(draftOf(experiment)),
    }),
    {
      name: "softprompt-studio-settings",
      version: 1,
      partialize: ({ kind, touched }) => ({ kind, touched }),
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
  return parsed.success ? buildDraft(parsed.data.kind, { ...touched }) : fallback;
}
