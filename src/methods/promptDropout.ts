/**
 * Dropout on virtual tokens while training: every example has a mask of its own over the prompt's rows (P-Tuning v2:
 * THUDM/P-tuning-v2 `get_prompt`, on keys and values; prefix tuning: XiangLi1999/PrefixTuning `prefix_dropout`). A network
 * behind the prompt is evaluated once, its output dropped per example.
 */
import type { StepValues } from "../engine/executor.ts";
import type { Builder } from "../engine/graph/builder.ts";
import { dropout } from "../engine/graph/operations/dropout.ts";
import { gather } from "../engine/graph/operations/gather.ts";
import type { IndexInput, RowProduct, Tensor } from "../engine/graph/tensor.ts";
import { spaces } from "../models/packing.ts";

const names = {
  key: "dropout.key",
  example: "dropout.example",
  slot: "dropout.slot",
  set: "dropout.set",
  row: "dropout.row",
} as const;

/** A seed and a step, which decide the masks. */
export interface MaskKey {
  readonly seed: number;
  readonly step: number;
}

/** The prompt [P, W] once per sequence, with other elements dropped in each: [sequences×P, W]. */
export function droppedPrompt(
  builder: Builder,
  prompt: Tensor,
  { length, share }: { length: number; share: number },
): Tensor {
  const rows: RowProduct = { kind: "row-product", space: builder.rowSpace(spaces.sequences), times: length };
  const position = builder.index(names.slot, rows);
  const indices = { key: builder.index(names.key, 2), example: builder.index(names.example, rows), position };
  const copies = gather(builder, [{ table: prompt, index: position }], "prompt of each sequence");
  return dropout(builder, copies, { indices, attributes: { share, stream: 0 }, label: "dropped prompt" });
}

/** Each sequence's own set of the dropped prompt, for attention. */
export function droppedSet(builder: Builder): IndexInput {
  return builder.index(names.set, builder.rowSpace(spaces.sequences));
}

/** The row of the dropped prompt that each token takes, −1 for those that are no virtual token. */
export function droppedRows(builder: Builder): IndexInput {
  return builder.index(names.row, builder.rowSpace(spaces.tokens));
}

/** The step with what the masks of P slots need; its sequences are the examples, in their order. */
export function withDropoutInputs(step: StepValues, length: number, { seed, step: number }: MaskKey): StepValues {
  const sequences = step.counts[spaces.sequences] ?? 0;
  const { "tokens.slot": slots = new Int32Array(step.counts[spaces.tokens] ?? 0).fill(-1), ...others } = step.indices;
  const owners = others["tokens.sequence"] ?? new Int32Array();
  const each = (value: (row: number) => number): Int32Array =>
    Int32Array.from({ length: sequences * length }, (_, row) => value(row));
  return {
    ...step,
    indices: {
      ...step.indices,
      [names.key]: Int32Array.of(seed, number),
      [names.example]: each((row) => Math.floor(row / length)),
      [names.slot]: each((row) => row % length),
      [names.set]: Int32Array.from({ length: sequences }, (_, sequence) => sequence),
      [names.row]: slots.map((slot, row) => (slot < 0 ? -1 : (owners[row] ?? 0) * length + slot)),
    },
  };
}
