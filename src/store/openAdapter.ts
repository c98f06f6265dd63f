/**
 * Adapters from elsewhere as rows of the table: PEFT's folder, the studio's own, an archive of either, or a run's record. The
 * engine reads and judges them; here they are named, kept and shown.
 */
import { create } from "zustand";
import { jsonOf } from "../lib/checked.ts";
import type { DroppedFiles } from "../lib/droppedFiles.ts";
import { friendlyName } from "../lib/friendlyName.ts";
import { decodeRecord } from "../storage/recordFile.ts";
import { saveRun } from "../storage/runDatabase.ts";
import type { OpenedAdapter, RunRecord } from "../worker/protocol.ts";
import { dataSource, useData } from "./data.ts";
import { useDraft } from "./draft.ts";
import { engine } from "./engine.ts";
import { environment } from "./environment.ts";
import { showRecords } from "./restore.ts";
import { useRuns } from "./runs.ts";
import { useSession } from "./session.ts";
import { holdTensors } from "./tensors.ts";
import { freshId, problemOf } from "./training.ts";

interface OpeningStore {
  /** What is being opened, and how many examples it has answered; 0 of 0 while it is read. */
  readonly opening: { readonly name: string; readonly done: number; readonly total: number } | undefined;
  /** What is worth knowing of the adapter that was opened last. */
  readonly note: string | undefined;
  forgetNote(): void;
}

export const useOpening = create<OpeningStore>((set) => ({
  opening: undefined,
  note: undefined,
  forgetNote: () => set({ note: undefined }),
}));

/** Opens what was picked or dropped and selects its row; says what is wrong with it otherwise. */
export async function openAdapter({ name, files }: DroppedFiles): Promise<void> {
  const { report } = useSession.getState();
  if (files.length === 0 || useOpening.getState().opening !== undefined) return;
  report("adapter", undefined);
  useOpening.setState({ opening: { name, done: 0, total: 0 }, note: undefined });
  try {
    const [file] = files;
    const isRecord = files.length === 1 && file !== undefined && recordName.test(file.path);
    if (isRecord) await show(decodeRecord(jsonOf(new Uint8Array(await file.file.arrayBuffer()), name)));
    else await openFiles({ name, files });
  } catch (error) {
    report("adapter", `${name}: ${problemOf(error).message}`);
  } finally {
    useOpening.setState({ opening: undefined });
  }
}

/** The record of a run is one JSON file, in whatever folder; the two that belong to adapters are none, even alone. */
const recordName = /^(?:.*\/)?(?!studio\.json$|adapter_config\.json$)[^/]*\.json$/i;

/** Takes how far the engine is. */
export function noteOpening(done: number, total: number): void {
  const { opening } = useOpening.getState();
  if (opening !== undefined) useOpening.setState({ opening: { ...opening, done, total } });
}

async function openFiles({ name, files }: DroppedFiles): Promise<void> {
  const data = dataSource(useDraft.getState().experiment, useData.getState().own);
  const opened = await engine().request({ kind: "open-adapter", files, data });
  const record = recordOf(opened, rowName(name));
  await show(record);
  useOpening.setState({ note: [`${record.name} is open.`, ...opened.notes].join(" ") });
}

function recordOf({ adapter, facts, dataHash, evaluation, seconds }: OpenedAdapter, name: string): RunRecord {
  const { experiment, tensors, checkpoint } = adapter;
  const { seed } = facts;
  const last = checkpoint?.last ?? evaluation;
  return {
    version: 1,
    id: freshId(),
    name,
    createdAt: new Date().toISOString(),
    experiment,
    modelHash: useSession.getState().model?.hash ?? "",
    dataHash,
    outcome: "finished",
    curves: [{ seed, steps: [], evaluations: evaluation === undefined ? [] : [evaluation] }],
    result: {
      facts,
      seeds: evaluation === undefined || last === undefined ? [] : [{ seed, best: evaluation, last, seconds }],
      tensors,
      seconds,
      stepsPerSecond: 0,
      ...(checkpoint === undefined ? {} : { checkpoint }),
    },
    environment: environment(),
    opened: true,
  };
}

/** Adds the row, or finds it where the record is here already, and keeps it for the next visit. */
async function show(record: RunRecord): Promise<void> {
  const { result, id } = record;
  holdTensors(id, result.tensors, result.checkpoint);
  showRecords([record]);
  useRuns.getState().select(id);
  await saveRun(record).catch((error: unknown) => useSession.getState().report("storage", problemOf(error).message));
}

/** The name of the folder or archive; a second one of that name is counted. */
function rowName(opened: string): string {
  const known = new Set(useRuns.getState().runs.map(({ name }) => name));
  const plain = opened.replace(/\.zip$/i, "").replace(/-adapter$/, "");
  if (plain === "" || plain === "adapter" || plain.startsWith("adapter_")) return friendlyName(known);
  let name = plain;
  for (let count = 2; known.has(name); count++) name = `${plain} ${count}`;
  return name;
}
