/** Where the rows of a soft prompt stand among a sequence's tokens, and which row the head reads. */
import type { RowLayout } from "../models/packing.ts";
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
