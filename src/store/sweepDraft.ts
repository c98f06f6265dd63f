/**
 * The sweep being put together: the settings on the page as its base, a line of values per axis, a line of seeds. Kept
 * between visits. What runs is a copy in `sweeps.ts`.
 */
import { create } from "zustand";
import { persist } from "zustand/middleware";
import { completeExperiment, type Experiment } from "../config/experiment.ts";
import { parseSweep, planSweep, type Sweep, type SweepCell } from "../config/sweep.ts";
import { axisText, axisValuesOf } from "../config/sweepText.ts";
import { messageOf } from "../lib/errors.ts";
import { flatten, withValue } from "../lib/paths.ts";
import { differencesFromDefault, useDraft, WHOLE_SETTINGS } from "./draft.ts";

export interface DraftAxis {
  readonly field: string;
  readonly text: string;
}

export interface SweepDraft {
  readonly axes: readonly DraftAxis[];
  readonly seeds: string;
}

export interface SweepDraftStore extends SweepDraft {
  setAxis(field: string, text: string): void;
  removeAxis(field: string): void;
  setSeeds(text: string): void;
  replace(draft: SweepDraft): void;
}

const START: SweepDraft = {
  axes: [
    { field: "method.promptLength", text: "1, 4, 16, 64" },
    { field: "method.layers", text: "top 1, top half, all" },
  ],
  seeds: "1, 2",
};

export const useSweepDraft = create<SweepDraftStore>()(
  persist(
    (set) => ({
      ...START,
      setAxis: (field, text) =>
        set(({ axes }) =>
          axes.some((axis) => axis.field === field)
            ? { axes: axes.map((axis) => (axis.field === field ? { field, text } : axis)) }
            : { axes: [...axes, { field, text }] },
        ),
      removeAxis: (field) => set(({ axes }) => ({ axes: axes.filter((axis) => axis.field !== field) })),
      setSeeds: (seeds) => set({ seeds }),
      replace: (draft) => set(draft),
    }),
    { name: "softprompt-studio-sweep-settings", version: 1, partialize: ({ axes, seeds }) => ({ axes, seeds }) },
  ),
);

export type PlannedSweep =
  | { readonly kind: "planned"; readonly sweep: Sweep; readonly cells: readonly SweepCell[] }
  | { readonly kind: "problem"; readonly message: string };

/** Axes that the method and the task have; the others wait until they do. */
export function usableAxes(axes: readonly DraftAxis[], experiment: Experiment): readonly DraftAxis[] {
  const known = flatten(experiment, WHOLE_SETTINGS);
  return axes.filter(({ field }) => field in known || field in experiment || field === "method.kind");
}

/** The sweep over these settings, or why there is none. */
export function plannedSweep(experiment: Experiment, { axes, seeds }: SweepDraft): PlannedSweep {
  const chosen = usableAxes(axes, experiment).map(({ field, text }) => ({ field, values: axisValuesOf(field, text) }));
  try {
    const varied = chosen.map(({ field }) => field);
    const sweep = { base: baseOf(experiment, varied), axes: chosen, seeds: axisValuesOf("seeds", seeds) };
    const parsed = parseSweep(sweep);
    return { kind: "planned", sweep: parsed, cells: planSweep(parsed) };
  } catch (error) {
    return { kind: "problem", message: messageOf(error) };
  }
}

/** What differs from the defaults, without what the axes and the seeds give. */
function baseOf(experiment: Experiment, varied: readonly string[]): Sweep["base"] {
  const kinds = { "method.kind": experiment.method.kind, "task.kind": experiment.task.kind };
  const differences = Object.entries({ ...kinds, ...differencesFromDefault(experiment) });
  const isVaried = (path: string) => varied.some((field) => path === field || path.startsWith(`${field}.`));
  const given = differences.filter(([path]) => path !== "seed" && path !== "seeds" && !isVaried(path));
  return given.reduce<Sweep["base"]>((base, [path, value]) => ({ ...withValue(base, path, value) }), {});
}

/** Takes over a sweep from a file: its base becomes the settings of the page, its axes and seeds the lines. @throws when it cannot be used. */
export function loadSweep(input: unknown): void {
  const { base, axes, seeds } = parseSweep(input);
  const { load, experiment } = useDraft.getState();
  load({ ...completeExperiment(base), seed: seeds[0] ?? experiment.seed, backend: experiment.backend });
  useSweepDraft.getState().replace(linesOf({ axes, seeds }));
}

/** Axes and seeds as the lines of the page. */
export function linesOf({ axes, seeds }: Pick<Sweep, "axes" | "seeds">): SweepDraft {
  return {
    axes: axes.map(({ field, values }) => ({ field, text: axisText(field, values) })),
    seeds: axisText("seeds", seeds),
  };
}
