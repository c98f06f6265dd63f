/**
 * What the exact savings are worth, as measured on this device: asks the engine, follows its progress, and judges the
 * figures. The figures of a run itself belong to the run (`RunEntry.performance`).
 */
import { create } from "zustand";
import type { Experiment } from "../config/experiment.ts";
import type { SavingName, SavingOutcome, SavingsEvent, StepFigure } from "../worker/protocol.ts";
import { dataSource, useData } from "./data.ts";
import { useDraft } from "./draft.ts";
import { engine } from "./engine.ts";
import type { RunEntry } from "./runEntry.ts";
import { isLive } from "./runEntry.ts";
import { problemOf } from "./training.ts";

export interface Measurement {
  readonly state: "running" | "finished" | "cancelled" | "failed";
  /** What was measured. */
  readonly experiment: Experiment;
  /** Steps made of those to make; 0 of 0 before it is known. */
  readonly done: number;
  readonly total: number;
  /** Switched off just now. */
  readonly saving?: SavingName;
  /** A step with every saving. */
  readonly reference?: StepFigure;
  readonly outcomes: Readonly<Partial<Record<SavingName, SavingOutcome>>>;
  readonly problem?: string;
}

interface PerformanceStore {
  readonly measurement: Measurement | undefined;
  update(measurement: Measurement): void;
}

export const usePerformance = create<PerformanceStore>((set) => ({
  measurement: undefined,
  update: (measurement) => set({ measurement }),
}));

/** The run whose figures are shown: the one in progress, else the newest that has any. */
export function performanceRun(runs: readonly RunEntry[]): RunEntry | undefined {
  return runs.find((run) => isLive(run) && run.performance) ?? runs.findLast(({ performance }) => performance);
}

/** Measures the settings on the page. Earlier figures go when the new ones start to come. */
export async function startMeasuring(): Promise<void> {
  const { experiment } = useDraft.getState();
  const data = dataSource(experiment, useData.getState().own);
  const start = { experiment, done: 0, total: 0, outcomes: {} };
  if (typeof data === "string") return put({ ...start, state: "failed", problem: data });
  put({ ...start, state: "running" });
  try {
    await engine().request({ kind: "measure-savings", experiment, data });
    change(({ done, total, ...rest }) => {
      const state = total > 0 && done === total ? "finished" : "cancelled";
      return { ...rest, done, total, state };
    });
  } catch (error) {
    change((measurement) => ({ ...measurement, state: "failed", problem: problemOf(error).message }));
  }
}

/** What is measured already stays. */
export async function cancelMeasuring(): Promise<void> {
  await engine()
    .request({ kind: "cancel-measurement" })
    .catch(() => undefined);
}

export function receiveSavingsEvent(event: SavingsEvent): void {
  change((measurement) => applySavingsEvent(measurement, event));
}

/** The measurement after one event. */
export function applySavingsEvent(measurement: Measurement, event: SavingsEvent): Measurement {
  switch (event.kind) {
    case "progress": {
      const { saving: _before, ...rest } = measurement;
      const { kind: _kind, ...progress } = event;
      return { ...rest, ...progress };
    }
    case "reference":
      return { ...measurement, reference: event.step };
    case "outcome":
      return { ...measurement, outcomes: { ...measurement.outcomes, [event.saving]: event.outcome } };
    default:
      return event satisfies never;
  }
}

export interface Saved {
  /** How much longer a step takes without the saving; negative when it was quicker. */
  readonly milliseconds: number;
  /** As a share of the step without it. */
  readonly share: number;
  /** Whether the middle halves of the two series lie apart. */
  readonly isClear: boolean;
}

/** What a saving saves of a step, from the steps with and without it. */
export function savedBy(reference: StepFigure, without: StepFigure): Saved {
  const milliseconds = without.milliseconds - reference.milliseconds;
  const isClear = without.low > reference.high || without.high < reference.low;
  return { milliseconds, share: milliseconds / without.milliseconds, isClear };
}

function put(measurement: Measurement): void {
  usePerformance.getState().update(measurement);
}

function change(next: (measurement: Measurement) => Measurement): void {
  const { measurement } = usePerformance.getState();
  if (measurement !== undefined) put(next(measurement));
}
