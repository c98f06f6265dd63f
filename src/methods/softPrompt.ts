/** Where the rows of a soft prompt stand among a sequence's tokens, how they enter, and which row the head reads. */
import type { Builder } from "../engine/graph/builder.ts";
import type { GatherTerm } from "../engine/graph/operations/gather.ts";
import type { Tensor } from "../engine/graph/tensor.ts";
import { spaces, type RowLayout } from "../models/packing.ts";
import { droppedPrompt, droppedRows } from "./promptDropout.ts";
import type { Placement, Pooling } from "./promptSettings.schema.ts";

/** In front of everything, as PEFT does, between [CLS] and the text, or among the tokens of a template. */
export function softPromptLayout(settings: {
  readonly promptLength: number;
  readonly placement: Placement;
  readonly pooling: Pooling;
}): RowLayout {
  const { promptLength: promptRows, placement, pooling } = settings;
  if (placement === "template") return { promptRows: 0, promptStart: 0, positionOffset: 0, pooledRow: 0 };
  const promptStart = placement === "after-cls" ? 1 : 0;
  const clsRow = placement === "after-cls" ? 0 : promptRows;
  return { promptRows, promptStart, positionOffset: 0, pooledRow: pooling === "cls" ? clsRow : promptStart };
}

/** Where the prompt [P, D] enters the embeddings: its rows by slot, or with a share of them dropped its rows by example. */
export function softPromptTerm(
  builder: Builder,
  prompt: Tensor,
  { length, share }: { length: number; share: number },
): GatherTerm {
  return share > 0
    ? { table: droppedPrompt(builder, prompt, { length, share }), index: droppedRows(builder) }
    : { table: prompt, index: builder.index(`${spaces.tokens}.slot`, builder.rowSpace(spaces.tokens)) };
}
