/** The worker's entry: message in, call, answer out. Everything else is in `studio.ts`. */
import { messageOf, SettingsError } from "../lib/errors.ts";
import type { Request, WorkerMessage } from "./protocol.ts";
import { createStudio, problemAreas } from "./studio.ts";

const tell = (message: WorkerMessage): void => globalThis.postMessage(message);
const studio = createStudio(tell);

globalThis.addEventListener("message", ({ data }: MessageEvent<Request>) => {
  void answer(data);
});

async function answer({ request, command }: Request): Promise<void> {
  try {
    tell({ kind: "answer", request, answer: await studio.carryOut(command) });
  } catch (error) {
    const area = error instanceof SettingsError ? "settings" : problemAreas[command.kind];
    tell({ kind: "refusal", request, problem: { area, message: messageOf(error) } });
  }
}
