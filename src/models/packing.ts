/**
 * Packs examples end to end without padding into the step inputs of a graph: word, position, type and slot of each row,
 * where each sequence starts, and which row the head reads.
 */
import type { StepValues } from "../engine/executor.ts";
import type { Encoding } from "./tokenizer.ts";

/** How a method lays out the rows of one sequence. */
export interface RowLayout {
  /** Soft-prompt rows in front of the tokens; 0 for every other method. */
  readonly promptRows: number;
  /** Position of the first row; P behind a deep prompt, as PEFT counts. */
  readonly positionOffset: number;
  /** Row of the sequence that the head reads. */
  readonly pooledRow: number;
}

/** Row space names shared by families, tasks and this file. */
export const spaces = { tokens: "tokens", needed: "needed", sequences: "sequences" } as const;

/** Labels and loss weights beside the rows; evaluation leaves them out. */
export interface PackedTargets {
  readonly labels: Int32Array;
  readonly weights: Float32Array;
}

/** Step inputs for B sequences with one needed row each. */
export function packSequences(encodings: readonly Encoding[], layout: RowLayout, targets?: PackedTargets): StepValues {
  const lengths = encodings.map(({ ids }) => ids.length + layout.promptRows);
  const offsets = runningSums(lengths);
  const rows = offsets.at(-1) ?? 0;
  const [word, position, type, slot, sequence] = [1, 2, 3, 4, 5].map(() => new Int32Array(rows));
  if (!word || !position || !type || !slot || !sequence) throw new Error("Five columns are made above.");
  for (const [index, { ids, types }] of encodings.entries()) {
    const start = offsets[index] ?? 0;
    const text = start + layout.promptRows;
    word.fill(-1, start, text).set(ids, text);
    type.set(types, text);
    slot.fill(-1, text, text + ids.length);
    for (let row = 0; row < layout.promptRows; row++) slot[start + row] = row;
    for (let row = start; row < text + ids.length; row++) position[row] = layout.positionOffset + row - start;
    sequence.fill(index, start, text + ids.length);
  }
  const count = encodings.length;
  const soft = layout.promptRows > 0 ? { "tokens.slot": slot } : {};
  return {
    counts: { [spaces.tokens]: rows, [spaces.needed]: count, [spaces.sequences]: count },
    indices: {
      "tokens.word": word,
      "tokens.position": position,
      "tokens.type": type,
      "tokens.offsets": Int32Array.from(offsets),
      "tokens.sequence": sequence,
      "needed.row": Int32Array.from({ length: count }, (_, index) => (offsets[index] ?? 0) + layout.pooledRow),
      "needed.offsets": Int32Array.from({ length: count + 1 }, (_, index) => index),
      "needed.sequence": Int32Array.from({ length: count }, (_, index) => index),
      ...soft,
      ...(targets === undefined ? {} : { "needed.label": targets.labels }),
    },
    values: targets === undefined ? {} : { "needed.weight": targets.weights },
  };
}

/** [a, b, …] → [0, a, a + b, …]. */
function runningSums(lengths: readonly number[]): number[] {
  const sums = [0];
  for (const length of lengths) sums.push((sums.at(-1) ?? 0) + length);
  return sums;
}
