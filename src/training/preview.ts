/** What the model will see of a text: prompt slots and tokens in the order of its rows. */
import type { Experiment } from "../config/experiment.ts";
import { bindMethod } from "../methods/index.ts";
import { promptLengthOf } from "../methods/index.schema.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { tokenBudget } from "./prepareData.ts";

export interface TokenPreview {
  readonly text: string;
  readonly id: number;
  readonly kind: "slot" | "special" | "word" | "unknown";
  readonly type: number;
}

/** Slots where the model has them, mostly first. Deep prompts show theirs too: they stand in front of every prompted layer. */
export function previewText(
  { text, textPair }: { readonly text: string; readonly textPair?: string },
  experiment: Experiment,
  { tokenizer, family }: LoadedModel,
): { tokens: TokenPreview[]; truncated: boolean } {
  const { ids, types, truncated } = tokenizer.encode(
    text,
    textPair,
    tokenBudget(experiment, family.dimensions.positions),
  );
  const slots = Array.from({ length: promptLengthOf(experiment.method) }, (_, slot): TokenPreview => {
    return { text: `P${slot + 1}`, id: -1, kind: "slot", type: 0 };
  });
  const tokens = Array.from(ids, (id, index): TokenPreview => {
    const kind = tokenizer.specialIds.has(id) ? "special" : id === tokenizer.unknownId ? "unknown" : "word";
    return { text: tokenizer.tokenText(id), id, kind, type: types[index] ?? 0 };
  });
  const { promptStart } = bindMethod(experiment.method, family.dimensions).layout;
  return { tokens: [...tokens.slice(0, promptStart), ...slots, ...tokens.slice(promptStart)], truncated };
}
