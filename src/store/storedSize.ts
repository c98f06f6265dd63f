/** What a run has to keep for answering, beside a full copy of the model: the reason to train prompts at all (Lester et al. 2021). */
import { promptedLayersOf, promptLengthOf } from "../methods/index.schema.ts";
import type { ModelReport } from "../worker/protocol.ts";
import type { RunEntry } from "./runEntry.ts";

export interface StoredSize {
  /** Bytes of the trained numbers in 32 bits, without a network that only training needs. */
  readonly bytes: number;
  /** Bytes of the model's own weights in 32 bits. */
  readonly copyBytes: number;
}

const bytesPerNumber = 4;

/** Undefined before the run's facts are known, and while another model is loaded: sizes are its own. */
export function storedSize(
  { experiment: { method }, facts, modelHash }: Pick<RunEntry, "experiment" | "facts" | "modelHash">,
  model: Pick<ModelReport, "dimensions" | "hash"> | undefined,
): StoredSize | undefined {
  if (facts === undefined || model === undefined || (modelHash !== "" && modelHash !== model.hash)) return undefined;
  const { layers, width, parameters } = model.dimensions;
  const prompted = promptedLayersOf(method, layers);
  // A soft prompt is one row per slot; a deep one keeps a key and a value per slot and layer.
  const rows = prompted.reduce((sum, layer) => sum + (layer === 0 ? 1 : 2), 0);
  const { trained } = facts;
  const prompt = rows > 0 ? promptLengthOf(method) * width * rows : trained.prompt;
  const bytes = bytesPerNumber * (prompt + trained.head + trained.model);
  return { bytes, copyBytes: bytesPerNumber * parameters };
}

/** "113× smaller", or in words when that is next to nothing. */
export function comparedWithCopy({ bytes, copyBytes }: StoredSize): string {
  if (bytes === 0) return "nothing to keep";
  const times = copyBytes / bytes;
  if (times < 1.05) return "as large as the model";
  return `${times < 10 ? times.toFixed(1) : Math.round(times).toLocaleString("en")}× smaller`;
}
