/**
 * What was found inside runs: asks the engine, follows its progress, keeps what came for as long as the page is open. The
 * figures belong to the run's kept tensors, so nothing has to be stored.
 */
import { create } from "zustand";
import { toCsv } from "../lib/csv.ts";
import { predictionsTable } from "../lib/exampleOutcome.ts";
import { saveFile } from "../lib/saveFile.ts";
import type {
  AttentionMass,
  InspectedRun,
  InspectionEvent,
  InspectionPart,
  KnockOutReport,
  PredictionsReport,
  SlotsReport,
} from "../worker/protocol.ts";
import { dataSource, useData } from "./data.ts";
import { engine } from "./engine.ts";
import { modelMismatch } from "./modelMatch.ts";
import { hasExamples, isLive, type RunEntry } from "./runEntry.ts";
import { useRuns } from "./runs.ts";
import { useSession } from "./session.ts";
import { tensorsOf } from "./tensors.ts";
import { problemOf } from "./training.ts";

export interface Inspection {
  readonly state: "running" | "finished" | "cancelled" | "failed";
  /** What is looked at just now, and how far; 0 of 0 before that is known. */
  readonly part?: InspectionPart;
  readonly done: number;
  readonly total: number;
  readonly predictions?: PredictionsReport;
  readonly slots?: SlotsReport;
  readonly attention?: AttentionMass;
  readonly knockOut?: KnockOutReport;
  /** Why a part cannot be had. */
  readonly unavailable: Readonly<Partial<Record<InspectionPart, string>>>;
  readonly problem?: string;
}

interface InspectionStore {
  readonly byRun: Readonly<Record<string, Inspection>>;
  put(runId: string, inspection: Inspection): void;
}

export const useInspections = create<InspectionStore>((set) => ({
  byRun: {},
  put: (runId, inspection) => set(({ byRun }) => ({ byRun: { ...byRun, [runId]: inspection } })),
}));

/** Whether a run can be looked into: it has ended with something to keep. */
export function canInspect(run: RunEntry): boolean {
  return !isLive(run) && run.status !== "failed" && run.facts !== undefined;
}

/** Selects the run and looks at everything again; what was found before goes when the new figures start to come. */
export async function lookInside(run: RunEntry): Promise<void> {
  const start: Inspection = { state: "running", done: 0, total: 0, unavailable: {} };
  useRuns.getState().select(run.id);
  put(run.id, start);
  try {
    const data = hasExamples(run)
      ? dataSource(run.experiment, useData.getState().own)
      : `${run.name} was opened without examples that it can answer. Choose data of its task, then open it again.`;
    await engine().request({ kind: "inspect", runId: run.id, run: await inspectedRun(run), data });
    change(run.id, (inspection) => ({ ...inspection, state: isComplete(inspection) ? "finished" : "cancelled" }));
  } catch (error) {
    change(run.id, (inspection) => ({ ...inspection, state: "failed", problem: problemOf(error).message }));
  }
}

/** What was found already stays. */
export async function cancelInspection(): Promise<void> {
  await engine()
    .request({ kind: "cancel-inspection" })
    .catch(() => undefined);
}

/** What a run record says of itself, with its tensors from memory or storage. @throws when they are not here. */
async function inspectedRun(run: RunEntry): Promise<InspectedRun> {
  const { id, name, experiment, modelHash, dataHash, facts } = run;
  if (facts === undefined) throw new Error(`${name} has no result yet. Wait until it is finished, or stop it.`);
  const mismatch = modelMismatch(run, useSession.getState().model);
  if (mismatch !== undefined) throw new Error(mismatch);
  const { prompt, head, model } = facts.trained;
  const tensors = prompt + head + model === 0 ? [] : await tensorsOf(id);
  return { name, experiment, modelHash, dataHash, seed: facts.seed, labels: facts.labels, tensors };
}

export function receiveInspectionEvent(runId: string, event: InspectionEvent): void {
  change(runId, (inspection) => applyInspectionEvent(inspection, event));
}

/** The inspection after one event. */
export function applyInspectionEvent(inspection: Inspection, event: InspectionEvent): Inspection {
  switch (event.kind) {
    case "progress":
      return { ...inspection, part: event.part, done: event.done, total: event.total };
    case "unavailable":
      return { ...inspection, unavailable: { ...inspection.unavailable, [event.part]: event.reason } };
    case "predictions":
      return { ...inspection, predictions: event.report };
    case "slots":
      return { ...inspection, slots: event.report };
    case "attention":
      return { ...inspection, attention: event.report };
    case "knock-out":
      return { ...inspection, knockOut: event.report };
    default:
      return event satisfies never;
  }
}

/** The last part has come, or cannot be had. */
function isComplete({ knockOut, unavailable }: Inspection): boolean {
  return knockOut !== undefined || unavailable["knock-out"] !== undefined;
}

/** Every evaluation example with the run's answer, as CSV. */
export function downloadPredictions(name: string, { outcomes, labels }: PredictionsReport): void {
  const csv = toCsv(predictionsTable(outcomes, labels));
  saveFile(`${name}-predictions.csv`, new Blob([csv], { type: "text/csv;charset=utf-8" }));
}

function put(runId: string, inspection: Inspection): void {
  useInspections.getState().put(runId, inspection);
}

function change(runId: string, next: (inspection: Inspection) => Inspection): void {
  const known = useInspections.getState().byRun[runId];
  if (known !== undefined) put(runId, next(known));
}
