/** Takes the visitor's own examples into use and keeps them for the next visit. */
import { tasksFor } from "../config/dataSets.ts";
import { inputFormOf } from "../lib/examples/inputForm.ts";
import { saveOwnData } from "../storage/runDatabase.ts";
import type { Examples } from "../worker/protocol.ts";
import { useData } from "./data.ts";
import { useDraft } from "./draft.ts";
import { useSession } from "./session.ts";

export async function takeOwnData(examples: Examples): Promise<void> {
  useData.getState().setOwn(examples);
  chooseOwnData(examples.name);
  try {
    await saveOwnData(examples);
  } catch (error) {
    useSession.getState().report("storage", error instanceof Error ? error.message : String(error));
  }
}

/** Trains on the own data of this name; the task follows it where it has to. */
export function chooseOwnData(name: string): void {
  const { change, chooseTask, task } = useDraft.getState();
  change("data", { kind: "own", name });
  const { own } = useData.getState();
  const fitting = own?.name === name ? tasksFor(inputFormOf(own.train)) : [];
  const [usual] = fitting;
  if (usual !== undefined && !fitting.includes(task)) chooseTask(usual);
}
