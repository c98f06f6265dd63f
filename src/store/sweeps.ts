/**
 * The sweep of the page: starts it in the worker, follows it, and goes on with it after a stop or a reload. Its results are
 * the runs of its cells in the table; a cell without such a run is open. Survives a reload; only one sweep at a time.
 */
import { create } from "zustand";
import { persist } from "zustand/middleware";
import { cellRunId, parseSweep, planSweep, type Sweep, type SweepCell } from "../config/sweep.ts";
import type { DataSource, FinishedCell, SweepEstimate, SweepNews, TrainingEvent } from "../worker/protocol.ts";
import { dataSource, useData } from "./data.ts";
import { engine } from "./engine.ts";
import type { RunEntry } from "./runEntry.ts";
import { findRun, useRuns } from "./runs.ts";
import { useSession } from "./session.ts";
import { releaseSweepLock, takeSweepLock } from "./sweepLock.ts";
import { addRun, dropRun, failRun, freshId, problemOf } from "./training.ts";

/** "stopped" also after an interruption; then `message` says why. */
export type SweepStatus = "running" | "paused" | "stopped" | "finished";

const IN_OTHER_TAB = "The studio runs a sweep in another tab. It can go on here when that one has ended.";

export interface ActiveSweep {
  readonly id: string;
  readonly sweep: Sweep;
  readonly status: SweepStatus;
  readonly message?: string;
}

export interface SweepStore {
  readonly active: ActiveSweep | undefined;
  /** Of the active sweep, for the time that is left. */
  readonly estimate: SweepEstimate | undefined;
  set(state: Partial<Pick<SweepStore, "active" | "estimate">>): void;
}

export const useSweep = create<SweepStore>()(
  persist((set) => ({ active: undefined, estimate: undefined, set: (state) => set(state) }), {
    name: "softprompt-studio-sweep",
    version: 1,
    partialize: ({ active }) => ({ active }),
    merge: (kept, current) => ({ ...current, active: restored(kept) }),
  }),
);

/** A sweep kept by an earlier visit; one that cannot be read any more is left out. */
function restored(kept: unknown): ActiveSweep | undefined {
  if (typeof kept !== "object" || kept === null || !("active" in kept)) return undefined;
  const { active } = kept;
  if (typeof active !== "object" || active === null || !("id" in active) || !("sweep" in active)) return undefined;
  const status =
    "status" in active && (active.status === "running" || active.status === "finished") ? active.status : "stopped";
  try {
    return { id: String(active.id), sweep: parseSweep(active.sweep), status };
  } catch {
    return undefined;
  }
}

function change(active: Partial<ActiveSweep>): void {
  const { active: before, set } = useSweep.getState();
  if (before === undefined) return;
  const { message: _message, ...rest } = before;
  const next = { ...rest, ...active };
  if (next.status === "stopped" || next.status === "finished") releaseSweepLock();
  set({ active: next });
}

/** The run of a cell, if it has begun. */
export function runOfCell(runs: readonly RunEntry[], sweepId: string, cell: SweepCell): RunEntry | undefined {
  return findRun({ runs }, cellRunId(sweepId, cell.id));
}

export function isFinished(run: RunEntry): boolean {
  return run.status === "finished" || run.status === "diverged";
}

/** Starts a sweep from its first cell. */
export async function startSweep(sweep: Sweep): Promise<void> {
  useSweep.getState().set({ active: { id: freshId(), sweep, status: "stopped" }, estimate: undefined });
  await goOn();
}

/** Runs the open cells of the sweep; those that were begun or failed start afresh. */
export async function goOn(): Promise<void> {
  const { active } = useSweep.getState();
  if (active === undefined) return;
  const cells = planSweep(active.sweep);
  const own = ownExamples(cells);
  if (typeof own === "string") return change({ status: "stopped", message: own });
  if (!(await takeSweepLock())) return change({ status: "stopped", message: IN_OTHER_TAB });
  const { runs } = useRuns.getState();
  const begun = cells.map((cell) => runOfCell(runs, active.id, cell));
  for (const run of begun) if (run !== undefined && !isFinished(run)) dropRun(run.id);
  change({ status: "running" });
  const sent = { sweep: active.sweep, ...(own !== undefined && { own }) };
  try {
    useSweep.getState().set({ estimate: await engine().request({ kind: "sweep-cost", ...sent }) });
    const finished = cells.flatMap((cell, index) => finishedCell(cell, begun[index]));
    await engine().request({ kind: "sweep", sweepId: active.id, finished, ...sent });
  } catch (error) {
    interruptSweep(problemOf(error).message);
  }
}

type OwnExamples = Extract<DataSource, { readonly kind: "own" }>["examples"];

/** The visitor's examples where a cell uses them; a message when they are not here. */
export function ownExamples(cells: readonly SweepCell[]): OwnExamples | string | undefined {
  const { own } = useData.getState();
  for (const { experiment } of cells) {
    const source = dataSource(experiment, own);
    if (typeof source === "string") return source;
    if (source.kind === "own") return source.examples;
  }
  return undefined;
}

function finishedCell({ id }: SweepCell, run: RunEntry | undefined): FinishedCell[] {
  if (run === undefined || !isFinished(run)) return [];
  return [{ id, modelHash: run.modelHash, dataHash: run.dataHash, backend: run.facts?.backend ?? "" }];
}

export async function controlSweep(kind: "pause" | "resume" | "stop"): Promise<void> {
  const { active } = useSweep.getState();
  if (active === undefined) return;
  try {
    await engine().request({ kind, runId: active.id });
  } catch (error) {
    interruptSweep(problemOf(error).message);
  }
}

/** Makes room for another sweep; the runs stay in the table. */
export function leaveSweep(): void {
  useSweep.getState().set({ active: undefined, estimate: undefined });
}

/** After a reload: a sweep that was running goes on, unless another tab of the studio is running it. */
export async function continueSweep(): Promise<void> {
  const { active } = useSweep.getState();
  if (active?.status !== "running") return;
  if (useSession.getState().engine === "ready") await goOn();
  else interruptSweep("The engine did not start, so the sweep waits.");
}

/** The sweep cannot go on by itself. */
export function interruptSweep(message: string): void {
  const { active } = useSweep.getState();
  if (active?.status === "running" || active?.status === "paused") change({ status: "stopped", message });
}

export function receiveSweepNews(sweepId: string, news: SweepNews): void {
  if (useSweep.getState().active?.id !== sweepId) return;
  switch (news.kind) {
    case "cell-started": {
      const { cell, origin } = news;
      const { modelHash, dataHash } = origin;
      addRun({ id: cellRunId(sweepId, cell.id), experiment: cell.experiment, modelHash, dataHash });
      return;
    }
    case "cell-dropped":
      return dropRun(cellRunId(sweepId, news.cell.id));
    case "cell-failed":
      return failRun(cellRunId(sweepId, news.cell.id), { area: "training", message: news.message });
    case "ended":
      return change({ status: news.outcome });
    default:
      return news satisfies never;
  }
}

/** Pausing a cell, from whichever button, pauses its sweep. */
export function noteCell(runId: string, event: TrainingEvent): void {
  const { active } = useSweep.getState();
  if (active === undefined || !runId.startsWith(cellRunId(active.id, ""))) return;
  if (event.kind === "paused") change({ status: "paused" });
  if (event.kind === "resumed") change({ status: "running" });
}
