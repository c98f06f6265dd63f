/**
 * Where a causal model's soft prompt stands once for all sequences: its step inputs, which are the same in every step, and
 * the layout of the text that is left. How a family computes with it stands in the family.
 */
import type { StepValues } from "../engine/executor.ts";
import type { Builder } from "../engine/graph/builder.ts";
import type { PromptTrunk } from "./family.ts";
import type { RowLayout } from "./packing.ts";

const names = {
  slot: "prompt.slot",
  position: "prompt.position",
  offsets: "prompt.offsets",
  sequence: "prompt.sequence",
};

/** A trunk of P rows. */
export function promptTrunk(builder: Builder, length: number): PromptTrunk {
  return {
    length,
    spans: { offsets: builder.index(names.offsets, 1, 1), sequence: builder.index(names.sequence, length) },
    slot: builder.index(names.slot, length),
    position: builder.index(names.position, length),
  };
}

/** The rows of each sequence when the prompt's are elsewhere: positions go on behind it. */
export function layoutBehindTrunk(layout: RowLayout): RowLayout {
  return { ...layout, promptRows: 0, positionOffset: layout.positionOffset + layout.promptRows };
}

/** A step of the text alone with the trunk's inputs added; `layout` is the one with the prompt among the tokens. */
export function withTrunkInputs(step: StepValues, { promptRows, positionOffset }: RowLayout): StepValues {
  const slots = Int32Array.from({ length: promptRows }, (_, slot) => slot);
  const rows = step.indices["tokens.word"]?.length ?? 0;
  return {
    ...step,
    indices: {
      ...step.indices,
      // The method's own index of its slots; none of them is among the tokens.
      "tokens.slot": new Int32Array(rows).fill(-1),
      [names.slot]: slots,
      [names.position]: slots.map((slot) => positionOffset + slot),
      [names.offsets]: Int32Array.of(0, promptRows),
      [names.sequence]: new Int32Array(promptRows),
    },
  };
}
