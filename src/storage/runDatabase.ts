/**
 * Runs, own data and what tuning chose, in the browser's database (IndexedDB). Trained tensors are kept beside the runs, not inside, so that
 * the list opens without reading megabytes; heads of further data sets are a few rows and stay in their run. The only file that knows idb.
 */
import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import type { Checkpoint, Examples, RunRecord, TrainedTensor } from "../worker/protocol.ts";

const DATABASE = "softprompt-studio";
const OWN_DATA = "current";

interface StudioSchema extends DBSchema {
  runs: { key: string; value: RunRecord };
  tensors: { key: string; value: readonly TrainedTensor[] };
  checkpoints: { key: string; value: Checkpoint };
  ownData: { key: string; value: Examples };
  tuning: { key: string; value: string };
}

type StudioDatabase = IDBPDatabase<StudioSchema>;

/** Steps from an empty database to today's; the version is their count. Never edit one that was released: add another. */
const migrations: readonly { readonly name: string; readonly run: (database: StudioDatabase) => void }[] = [
  {
    name: "keep runs, their tensors apart",
    run: (database) => {
      database.createObjectStore("runs", { keyPath: "id" });
      database.createObjectStore("tensors");
    },
  },
  { name: "keep own data", run: (database) => void database.createObjectStore("ownData") },
  { name: "keep what tuning chose", run: (database) => void database.createObjectStore("tuning") },
  { name: "keep where runs stopped", run: (database) => void database.createObjectStore("checkpoints") },
];

let opening: Promise<StudioDatabase> | undefined;

function database(): Promise<StudioDatabase> {
  opening ??= openDB<StudioSchema>(DATABASE, migrations.length, {
    upgrade: (opened, oldVersion) => migrations.slice(oldVersion).forEach(({ run }) => run(opened)),
    blocking: () => void opening?.then((opened) => opened.close()).then(forget),
    terminated: forget,
  }).catch((error: unknown) => {
    forget();
    throw error;
  });
  return opening;
}

function forget(): void {
  opening = undefined;
}

/** Keeps a run with its tensors, both or neither. Throws an error whose message says what to do when the disk is full. */
export async function saveRun(record: RunRecord): Promise<void> {
  await explained("This run could not be kept", async () => {
    const transaction = (await database()).transaction(["runs", "tensors", "checkpoints"], "readwrite");
    const { tensors, checkpoint, ...result } = record.result;
    const writes: Promise<unknown>[] = [
      transaction.objectStore("runs").put({ ...record, result: { ...result, tensors: [] } }),
      transaction.objectStore("tensors").put(tensors, record.id),
    ];
    if (checkpoint !== undefined) writes.push(transaction.objectStore("checkpoints").put(checkpoint, record.id));
    await Promise.all([...writes, transaction.done]);
  });
}

/** All kept runs, oldest first, without tensors. */
export async function listRuns(): Promise<RunRecord[]> {
  const runs = await explained("Kept runs could not be read", async () => (await database()).getAll("runs"));
  return runs.toSorted((a, b) => a.createdAt.localeCompare(b.createdAt));
}

/** Trained tensors of a kept run; undefined when the run is not kept. */
export async function readTensors(runId: string): Promise<readonly TrainedTensor[] | undefined> {
  return explained("This run's trained numbers could not be read", async () =>
    (await database()).get("tensors", runId),
  );
}

/** Where a kept run stopped; undefined when that was not kept. */
export async function readCheckpoint(runId: string): Promise<Checkpoint | undefined> {
  return explained("Where this run stopped could not be read", async () =>
    (await database()).get("checkpoints", runId),
  );
}

export async function deleteRun(runId: string): Promise<void> {
  await explained("This run could not be deleted", async () => {
    const stores = ["runs", "tensors", "checkpoints"] as const;
    const transaction = (await database()).transaction(stores, "readwrite");
    const deletions = stores.map((store) => transaction.objectStore(store).delete(runId));
    await Promise.all([...deletions, transaction.done]);
  });
}

export async function saveOwnData(examples: Examples): Promise<void> {
  await explained("Your data could not be kept for the next visit", async () =>
    (await database()).put("ownData", examples, OWN_DATA),
  );
}

export async function readOwnData(): Promise<Examples | undefined> {
  return explained("Your data could not be read", async () => (await database()).get("ownData", OWN_DATA));
}

/** Keeps the kernel that trials chose for an adapter and a class of products. */
export async function saveTuning(key: string, variant: string): Promise<void> {
  await explained("The choice of kernels could not be kept", async () =>
    (await database()).put("tuning", variant, key),
  );
}

/** The kernel kept under this key; undefined when there is none. */
export async function readTuning(key: string): Promise<string | undefined> {
  return explained("The choice of kernels could not be read", async () => (await database()).get("tuning", key));
}

async function explained<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw new Error(storageMessage(what, error), { cause: error });
  }
}

/** What happened and what to do, in words. */
export function storageMessage(what: string, error: unknown): string {
  const name = error instanceof Error ? error.name : "";
  if (name === "QuotaExceededError") {
    return `${what}: the browser's storage for this page is full. Download or delete runs you no longer need, then try again.`;
  }
  if (name === "InvalidStateError" || name === "SecurityError" || typeof indexedDB === "undefined") {
    return `${what}: this browser window keeps nothing (private window or storage switched off). Download what you need before closing it.`;
  }
  return `${what}: ${error instanceof Error ? error.message : String(error)}`;
}
