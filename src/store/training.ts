/** Train, pause, step, stop: from the buttons to the worker, and from the worker's run events to the runs store. */
import { experimentPerDataSet, type Experiment } from "../config/experiment.ts";
import { isCellRun } from "../config/sweep.ts";
import { friendlyName } from "../lib/friendlyName.ts";
import { saveRun } from "../storage/runDatabase.ts";
import { Refusal } from "../worker/client.ts";
import type { AdapterState, Problem, RunResult, TrainingEvent } from "../worker/protocol.ts";
import { addEvaluation, addSteps, curvesOf, dropCurves, startSeed } from "./curves.ts";
import { dataSource, otherSources, useData } from "./data.ts";
import { useDraft } from "./draft.ts";
import { engine } from "./engine.ts";
import { environment } from "./environment.ts";
import { throttled } from "./latest.ts";
import { RateMeter } from "./rate.ts";
import { applyEvent, isLive, newEntry, type RunEntry } from "./runEntry.ts";
import { findRun, freeColours, useRuns } from "./runs.ts";
import { useSession } from "./session.ts";
import { adapterOf, holdTensors } from "./tensors.ts";

/** Charts and numbers change at most four times a second. */
const PUBLISH_MILLISECONDS = 250;

/** Events that wait for the next publication. */
const FREQUENT: ReadonlySet<TrainingEvent["kind"]> = new Set(["steps", "performance", "moved", "evaluated", "cache"]);

/** Entries that are ahead of the store until the next publication. */
const ahead = new Map<string, RunEntry>();
const meter = new RateMeter();
const publish = throttled(PUBLISH_MILLISECONDS, () => {
  useRuns.getState().replace([...ahead.values()]);
  ahead.clear();
  const stepsPerSecond = meter.stepsPerSecond;
  if (stepsPerSecond !== undefined) useSession.getState().update({ stepsPerSecond });
});

export function liveRun(runs: readonly RunEntry[]): RunEntry | undefined {
  return runs.find(isLive);
}

/** Starts a run with the settings on the page; `paused` starts it before its first step. */
export async function train(paused = false): Promise<void> {
  await start(useDraft.getState().experiment, { paused });
}

/** Starts a run that goes on where this one stopped, as far as it was meant to go, or as many steps again when it finished. */
export async function goOn(run: RunEntry): Promise<void> {
  const { report } = useSession.getState();
  try {
    const from = await adapterOf(run);
    // Of several data sets the first goes on, with its head.
    const [alone] = experimentPerDataSet(run.experiment);
    const { training } = alone;
    const done = from.checkpoint?.step ?? 0;
    const steps = done < training.steps ? training.steps : done + training.steps;
    const seed = from.checkpoint?.seed ?? run.facts?.seed ?? alone.seed;
    await start({ ...alone, seed, seeds: 1, training: { ...training, steps } }, { paused: false, from });
  } catch (error) {
    report("training", problemOf(error).message);
  }
}

async function start(
  experiment: Experiment,
  { paused, from }: { readonly paused: boolean; readonly from?: AdapterState },
): Promise<void> {
  const { own, report } = useData.getState();
  const { model, report: tell } = useSession.getState();
  tell("training", undefined);
  const data = dataSource(experiment, own);
  const others = otherSources(experiment, own);
  if (typeof data === "string") return tell("data", data);
  if (typeof others === "string") return tell("data", others);
  const hashes = { modelHash: model?.hash ?? "", dataHash: report?.hash ?? "" };
  const entry = addRun({ id: freshId(), experiment, ...hashes });
  useRuns.getState().select(entry.id);
  await engine()
    .request({ kind: "train", runId: entry.id, experiment, data, others, paused, ...(from && { from }) })
    .catch((error: unknown) => failRun(entry.id, problemOf(error)));
}

/** An id that nothing else has. Pages without a secure context lack randomUUID. */
export function freshId(): string {
  return crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
}

/** A new row of the table, in progress. */
export function addRun(run: Pick<RunEntry, "id" | "experiment" | "modelHash" | "dataHash">): RunEntry {
  const { runs, add } = useRuns.getState();
  const entry = newEntry({
    ...run,
    name: friendlyName(new Set(runs.map(({ name }) => name))),
    createdAt: new Date().toISOString(),
    colour: freeColours(runs, 1)[0] ?? 0,
    environment: environment(),
  });
  meter.reset();
  add([entry]);
  return entry;
}

/** Takes a run out of the table as if it had never begun. */
export function dropRun(runId: string): void {
  ahead.delete(runId);
  useRuns.getState().remove(runId);
  dropCurves(runId);
}

export async function pause(): Promise<void> {
  await control("pause");
}

export async function resume(): Promise<void> {
  meter.reset();
  await control("resume");
}

/** One step of the paused run; with no run it starts one that waits, and takes its first step. */
export async function step(): Promise<void> {
  if (!liveRun(useRuns.getState().runs)) await train(true);
  await control("step");
}

export async function stop(): Promise<void> {
  await control("stop");
}

async function control(kind: "pause" | "resume" | "step" | "stop"): Promise<void> {
  const run = liveRun(useRuns.getState().runs);
  if (!run) return;
  try {
    await engine().request({ kind, runId: run.id });
  } catch (error) {
    useSession.getState().report("training", problemOf(error).message);
  }
}

/** Takes one event of a run. Points go to the curves at once; the page sees them at the next publication. */
export function receiveRunEvent(runId: string, event: TrainingEvent): void {
  const entry = ahead.get(runId) ?? findRun(useRuns.getState(), runId);
  if (!entry) return;
  noteCurves(runId, event);
  const next = applyEvent(entry, event);
  ahead.set(runId, next);
  noteSpeed(next, event);
  if (FREQUENT.has(event.kind)) return publish();
  publish.now();
  if (event.kind === "finished") void keep(next, event.record);
}

function noteCurves(runId: string, event: TrainingEvent): void {
  if (event.kind === "seed-started") startSeed(runId, event.seedIndex, event.facts.seed);
  if (event.kind === "steps") addSteps(runId, event.seedIndex, event.points);
  if (event.kind === "evaluated") addEvaluation(runId, event.seedIndex, event.evaluation);
}

function noteSpeed(entry: RunEntry, event: TrainingEvent): void {
  if (event.kind === "steps")
    meter.note(entry.seedIndex * (entry.facts?.steps ?? 0) + entry.step, performance.now() / 1000);
  if (event.kind === "paused" || event.kind === "seed-started") meter.reset();
  if (event.kind === "finished") useSession.getState().update({ stepsPerSecond: event.record.stepsPerSecond });
}

/**
 * A run that ended keeps its tensors in memory and, if it can, in the browser's storage. The many cells of a sweep are kept in
 * memory only where the storage has no room.
 */
async function keep(entry: RunEntry, result: RunResult): Promise<void> {
  if (!isCellRun(entry.id)) holdTensors(entry.id, result.tensors, result.checkpoint);
  const { id, name, createdAt, experiment, modelHash, dataHash, status } = entry;
  if (status === "running" || status === "paused" || status === "failed") return;
  const fixed = { version: 1, id, name, createdAt, experiment, modelHash, dataHash } as const;
  const { performance } = entry;
  const products = performance === undefined ? {} : { products: performance.products };
  const made = { environment: entry.environment, ...products };
  const record = { ...fixed, outcome: status, curves: curvesOf(id), result, ...made };
  await saveRun(record).catch((error: unknown) => {
    holdTensors(entry.id, result.tensors);
    useSession.getState().report("storage", problemOf(error).message);
  });
}

/** Marks a run as failed and says why where the page shows such things. */
export function failRun(runId: string, problem: Problem): void {
  const entry = ahead.get(runId) ?? findRun(useRuns.getState(), runId);
  if (!entry || !isLive(entry)) return;
  ahead.set(runId, { ...entry, status: "failed", problem: problem.message });
  publish.now();
  useSession.getState().report("training", problem.message);
}

/** Every run in progress fails with the worker. */
export function failLiveRuns(message: string): void {
  for (const run of useRuns.getState().runs.filter(isLive)) failRun(run.id, { area: "training", message });
}

export function problemOf(error: unknown): Problem {
  if (error instanceof Refusal) return error.problem;
  return { area: "training", message: error instanceof Error ? error.message : String(error) };
}
