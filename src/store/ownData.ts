/** Takes the visitor's own examples into use and keeps them for the next visit. */
import { saveOwnData } from "../storage/runDatabase.ts";
import type { Examples } from "../worker/protocol.ts";
import { useData } from "./data.ts";
import { useDraft } from "./draft.ts";
import { useSession } from "./session.ts";

export async function takeOwnData(examples: Examples): Promise<void> {
  useData.getState().setOwn(examples);
  useDraft.getState().change("data", { kind: "own", name: examples.name });
  try {
    await saveOwnData(examples);
  } catch (error) {
    useSession.getState().report("storage", error instanceof Error ? error.message : String(error));
  }
}
