/** The one worker client of the page, and how to start it afresh. Who reacts to its messages is decided in `studio.ts`. */
import { WorkerClient, type Announcement } from "../worker/client.ts";

let client: WorkerClient | undefined;
const listeners = new Set<(announcement: Announcement) => void>();

export function engine(): WorkerClient {
  client ??= connected();
  return client;
}

/** Listens to this and every later worker. */
export function onAnnouncement(listener: (announcement: Announcement) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Ends the worker, whatever it does, and starts another. */
export function replaceEngine(): WorkerClient {
  client?.terminate();
  client = connected();
  return client;
}

function connected(): WorkerClient {
  const fresh = new WorkerClient();
  fresh.subscribe((announcement) => listeners.forEach((listener) => listener(announcement)));
  return fresh;
}
