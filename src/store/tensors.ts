/** Trained tensors of runs: fresh and shipped ones in memory, kept ones read from the browser's storage when asked for. */
import { readCheckpoint, readTensors } from "../storage/runDatabase.ts";
import type { AdapterState, Checkpoint, RunRecord, SeedCurves, TrainedTensor } from "../worker/protocol.ts";
import { answeredSets, type AnsweredSet } from "./answeredSets.ts";
import { curvesOf } from "./curves.ts";
import type { RunEntry } from "./runEntry.ts";

const held = new Map<string, readonly TrainedTensor[]>();
const checkpoints = new Map<string, Checkpoint>();

export function holdTensors(runId: string, tensors: readonly TrainedTensor[], checkpoint?: Checkpoint): void {
  held.set(runId, tensors);
  if (checkpoint !== undefined) checkpoints.set(runId, checkpoint);
}

export function dropTensors(runId: string): void {
  held.delete(runId);
  checkpoints.delete(runId);
}

/** Throws when neither memory nor storage has them. */
export async function tensorsOf(runId: string): Promise<readonly TrainedTensor[]> {
  const tensors = held.get(runId) ?? (await readTensors(runId));
  if (!tensors || tensors.length === 0) {
    throw new Error("This run's trained numbers are not in this browser any more. Train again with its settings.");
  }
  held.set(runId, tensors);
  return tensors;
}

/** Enough to answer for one of the run's data sets. */
export async function answererOf({ id }: Pick<RunEntry, "id">, set: AnsweredSet): Promise<AdapterState> {
  return { ...set, tensors: await tensorsOf(id) };
}

/** Everything a run goes on from: its settings, trained numbers and, where it was kept, the optimizer's state. */
export async function adapterOf(run: RunEntry): Promise<AdapterState> {
  const checkpoint = checkpoints.get(run.id) ?? (await readCheckpoint(run.id));
  const adapter = await answererOf(run, answeredSets(run)[0]);
  return checkpoint === undefined ? adapter : { ...adapter, checkpoint };
}

/** The whole record of a finished run, for download. */
export async function recordOf(entry: RunEntry): Promise<RunRecord> {
  const { id, name, createdAt, experiment, modelHash, dataHash, environment, facts, status } = entry;
  if (!facts || status === "running" || status === "paused" || status === "failed") {
    throw new Error(`${name} has no result yet. Wait until it is finished, or stop it.`);
  }
  const curves: readonly SeedCurves[] = curvesOf(id);
  const { seeds, movement, otherHeads, seconds = 0, stepsPerSecond = 0 } = entry;
  const kept = { ...(movement && { movement }), ...(otherHeads && { otherHeads }) };
  const result = { facts, seeds, seconds, stepsPerSecond, tensors: await tensorsOf(id), ...kept };
  return {
    version: 1,
    id,
    name,
    createdAt,
    experiment,
    modelHash,
    dataHash,
    outcome: status,
    curves,
    result,
    environment,
  };
}
