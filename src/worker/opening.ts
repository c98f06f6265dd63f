/** Opens adapters for the page: reads the files it sent, and judges what is in them with examples that can be had here. */
import type { Executor } from "../engine/executor.ts";
import { messageOf } from "../lib/errors.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import type { Adapter } from "../training/adapter.ts";
import { importAdapter, studioFileNames } from "../training/adapterFiles.ts";
import { adapterFolder } from "../training/adapterFolder.ts";
import { openAdapter, type Candidate, type OpenedAdapter } from "../training/openAdapter.ts";
import type { ExampleSet } from "../training/prepareData.ts";
import type { CommandOf, DataSource, WorkerMessage } from "./protocol.ts";

/** What the studio lends for it. */
export interface OpeningHost {
  tell(message: WorkerMessage): void;
  examplesOf(data: DataSource): Promise<ExampleSet>;
  readonly model: LoadedModel;
  executor(): Promise<Executor>;
}

/** @throws what the command line says of the same files */
export async function openedAdapter(
  { files, data }: CommandOf<"open-adapter">,
  host: OpeningHost,
): Promise<OpenedAdapter> {
  const found = await adapterFolder(
    files.map(({ path, file }) => ({ path, read: async () => new Uint8Array(await file.arrayBuffer()) })),
  );
  const adapter = importAdapter(found, host.model);
  const { candidates, notes } = await openData(data, host);
  // PEFT's files do not say what they were trained with.
  const own = found.has(studioFileNames.description) ? await ownCandidate(adapter, candidates, host) : [];
  const opened = await openAdapter(adapter, [...candidates, ...own], {
    model: host.model,
    executor: await host.executor(),
    progress: (done, total) => host.tell({ kind: "opening-progress", done, total }),
  });
  return { ...opened, notes: [...notes, ...opened.notes] };
}

/** The data that is open on the page, or why it cannot be had. */
async function openData(
  data: DataSource | string,
  { examplesOf }: OpeningHost,
): Promise<{ candidates: Candidate[]; notes: string[] }> {
  if (typeof data === "string") return { candidates: [], notes: [data] };
  try {
    const set = await examplesOf(data);
    const settings = data.kind === "own" ? ({ kind: "own", name: set.name } as const) : data;
    return { candidates: [{ data: settings, set }], notes: [] };
  } catch (error) {
    return { candidates: [], notes: [messageOf(error)] };
  }
}

/** The built-in set that the studio's own files name, where the page has another one open. */
async function ownCandidate(
  { experiment: { data } }: Adapter,
  open: readonly Candidate[],
  { examplesOf }: OpeningHost,
): Promise<Candidate[]> {
  if (data.kind !== "built-in" || open.some((known) => JSON.stringify(known.data) === JSON.stringify(data))) return [];
  return examplesOf(data).then(
    (set) => [{ data, set }],
    () => [],
  );
}
