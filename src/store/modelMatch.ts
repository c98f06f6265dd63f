/** A prompt means something only to the model it was trained for; this says when another one is loaded. */
import type { ModelReport } from "../worker/protocol.ts";
import type { RunEntry } from "./runEntry.ts";

/** Why the run cannot be used with this model, or undefined when it can. */
export function modelMismatch(run: RunEntry, model: ModelReport | undefined): string | undefined {
  if (!model || run.modelHash === "" || run.modelHash === model.hash) return undefined;
  const other =
    run.experiment.model === model.id ? `another version of ${model.id}` : `the model ${run.experiment.model}`;
  return `${run.name} was trained for ${other}, and ${model.id} is loaded. Open that model to use this run.`;
}
