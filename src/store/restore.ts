/** What a visit starts with: the link in the address, runs and data kept by earlier visits, and the shipped example runs. */
import { listRuns, readOwnData } from "../storage/runDatabase.ts";
import { decodeRecord } from "../storage/recordFile.ts";
import type { RunRecord } from "../worker/protocol.ts";
import { keepCurves } from "./curves.ts";
import { useData } from "./data.ts";
import { useDraft } from "./draft.ts";
import { entryOfRecord } from "./runEntry.ts";
import { freeColours, useRuns } from "./runs.ts";
import { useSession } from "./session.ts";
import { decodeLink } from "./shareLink.ts";
import { linesOf, useSweepDraft } from "./sweepDraft.ts";
import { holdTensors } from "./tensors.ts";

/** Takes over the settings of a link; a broken one is told and changes nothing. */
export function restoreLink(hash: string): void {
  const content = decodeLink(hash);
  const { update } = useSession.getState();
  if (content.kind === "broken") return update({ notice: content.message });
  if (content.kind === "none") return;
  useDraft.getState().load(content.experiment);
  if (content.sweep !== undefined) useSweepDraft.getState().replace(linesOf(content.sweep));
  const { data } = content.experiment;
  if (data.kind === "own") {
    update({
      notice: `This link was made with the data "${data.name}", which a link cannot carry. Open that file to train with it.`,
    });
  }
}

/** Runs and data of earlier visits, and the examples, each as soon as it is there. */
export async function restoreKept(): Promise<void> {
  await Promise.all([told(restoreOwnData), restoreRuns()]);
}

/** Examples come first, so that every run keeps its colour from visit to visit. */
async function restoreRuns(): Promise<void> {
  const kept = listRuns();
  await told(showExamples);
  await told(async () => showRecords(await kept));
}

async function restoreOwnData(): Promise<void> {
  const own = await readOwnData();
  if (own && !useData.getState().own) useData.getState().setOwn(own);
}

async function showExamples(): Promise<void> {
  const names = await readJson("index.json");
  if (!Array.isArray(names)) throw new Error("The list of example runs is not a list. Build the site again.");
  const records = await Promise.all(
    names
      .filter((name): name is string => typeof name === "string")
      .map(async (name) => decodeRecord(await readJson(name))),
  );
  for (const record of records) holdTensors(record.id, record.result.tensors);
  showRecords(records.map((record) => ({ ...record, example: true })));
}

async function readJson(name: string): Promise<unknown> {
  const response = await fetch(new URL(`examples/${name}`, document.baseURI));
  // Some servers answer a missing file with a page.
  const isJson = response.headers.get("content-type")?.includes("json");
  if (!response.ok || !isJson)
    throw new Error(`The example runs could not be loaded: examples/${name} is missing. Build the site again.`);
  return response.json();
}

/** Adds the runs that are not there yet. Their tensors stay where they are. */
export function showRecords(records: readonly RunRecord[]): void {
  const { runs, add, select, selectedId } = useRuns.getState();
  const known = new Set(runs.map(({ id }) => id));
  const fresh = records.filter(({ id }) => !known.has(id));
  if (fresh.length === 0) return;
  const colours = freeColours(runs, fresh.length);
  for (const record of fresh) keepCurves(record.id, record.curves);
  add(fresh.map((record, index) => entryOfRecord(record, colours[index] ?? 0)));
  if (!selectedId) select(fresh.at(-1)?.id);
}

async function told(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    useSession.getState().report("storage", error instanceof Error ? error.message : String(error));
  }
}
