/**
 * Packs sequences end to end without padding into the step inputs of a graph: word, position, type and slot of each row,
 * where each sequence starts, and which of its rows the head reads.
 */
import type { StepValues } from "../engine/executor.ts";
import type { Encoding } from "./tokenizer.ts";

/** How a method lays out the rows of one sequence. */
export interface RowLayout {
  /** Soft-prompt rows in front of the tokens; 0 for every other method. */
  readonly promptRows: number;
  /** Row of the first of them; 1 is behind [CLS]. */
  readonly promptStart: number;
  /** Position of the first row; P behind a deep prompt, as PEFT counts. */
  readonly positionOffset: number;
  /** Row of the sequence that a pooling head reads. */
  readonly pooledRow: number;
  /** Row of the table of slots where this prompt begins, where several prompts share one. */
  readonly firstSlot?: number;
}

/** Row space names shared by families, tasks and this file. */
export const spaces = { tokens: "tokens", needed: "needed", sequences: "sequences" } as const;

/** One sequence and the rows of it whose output somebody reads. */
export interface PackedSequence {
  readonly encoding: Encoding;
  /** Tokens counted from 0 ([CLS]), ascending; `pooled` is the one row that the method's layout names. */
  readonly needed: Int32Array | "pooled";
}

/** Labels and weights belong to needed rows, or to sequences (then several per sequence). */
export type TargetSpace = typeof spaces.needed | typeof spaces.sequences;

/** Labels and loss weights beside the rows; evaluation leaves them out. */
export interface PackedTargets {
  readonly space: TargetSpace;
  readonly labels: Int32Array;
  readonly weights: Float32Array;
}

/** Step inputs for B sequences, all laid out alike or each in its own way. */
export function packSequences(
  sequences: readonly PackedSequence[],
  layout: RowLayout | readonly RowLayout[],
  targets?: PackedTargets,
): StepValues {
  const laidOut = sequences.map((sequence, index) => ({ ...sequence, layout: layoutAt(layout, index) }));
  const offsets = runningSums(laidOut.map((own) => own.encoding.ids.length + own.layout.promptRows));
  const tokens = tokenColumns(laidOut, offsets);
  const needed = neededColumns(laidOut, offsets);
  const soft = tokens.slot.some((slot) => slot >= 0) ? { "tokens.slot": tokens.slot } : {};
  return {
    counts: {
      [spaces.tokens]: tokens.word.length,
      [spaces.needed]: needed.row.length,
      [spaces.sequences]: sequences.length,
    },
    indices: {
      "tokens.word": tokens.word,
      "tokens.position": tokens.position,
      "tokens.type": tokens.type,
      "tokens.offsets": Int32Array.from(offsets),
      "tokens.sequence": tokens.sequence,
      "needed.row": needed.row,
      "needed.offsets": needed.offsets,
      "needed.sequence": needed.sequence,
      ...soft,
      ...(targets === undefined ? {} : { [`${targets.space}.label`]: targets.labels }),
    },
    values: targets === undefined ? {} : { [`${targets.space}.weight`]: targets.weights },
  };
}

type LaidOutSequence = PackedSequence & { readonly layout: RowLayout };

function layoutAt(layout: RowLayout | readonly RowLayout[], index: number): RowLayout {
  if ("promptRows" in layout) return layout;
  const own = layout[index];
  if (own === undefined) throw new Error(`Sequence ${index + 1} has no layout.`);
  return own;
}

function tokenColumns(sequences: readonly LaidOutSequence[], offsets: readonly number[]) {
  const column = (): Int32Array => new Int32Array(offsets.at(-1) ?? 0);
  const [word, position, type, slot, sequence] = [column(), column(), column(), column(), column()];
  for (const [index, { encoding, layout }] of sequences.entries()) {
    const { ids, types } = encoding;
    const firstSlot = layout.firstSlot ?? 0;
    const start = offsets[index] ?? 0;
    const end = start + layout.promptRows + ids.length;
    word.fill(-1, start, end);
    slot.fill(-1, start, end);
    for (const [token, id] of ids.entries()) {
      const row = start + rowOfToken(token, layout);
      word[row] = Math.max(id, -1);
      type[row] = types[token] ?? 0;
      if (id < 0) slot[row] = firstSlot + slotOfId(id);
    }
    for (let row = 0; row < layout.promptRows; row++) slot[start + layout.promptStart + row] = firstSlot + row;
    for (let row = start; row < end; row++) position[row] = layout.positionOffset + row - start;
    sequence.fill(index, start, end);
  }
  return { word, position, type, slot, sequence };
}

function neededColumns(sequences: readonly LaidOutSequence[], offsets: readonly number[]) {
  const rows = sequences.map(({ needed, layout }) =>
    needed === "pooled" ? [layout.pooledRow] : Array.from(needed, (token) => rowOfToken(token, layout)),
  );
  return {
    row: Int32Array.from(rows.flatMap((own, index) => own.map((row) => (offsets[index] ?? 0) + row))),
    offsets: Int32Array.from(runningSums(rows.map(({ length }) => length))),
    sequence: Int32Array.from(rows.flatMap((own, index) => own.map(() => index))),
  };
}

/** A token id that stands for a slot of the soft prompt: slots may be part of a sequence, among its words. */
export function idOfSlot(slot: number): number {
  return -1 - slot;
}

/** The slot that such an id stands for. */
export function slotOfId(id: number): number {
  return -1 - id;
}

/** Row within its sequence of the token with this number. */
function rowOfToken(token: number, { promptRows, promptStart }: RowLayout): number {
  return token < promptStart ? token : token + promptRows;
}

/** [a, b, …] → [0, a, a + b, …]. */
function runningSums(lengths: readonly number[]): number[] {
  const sums = [0];
  for (const length of lengths) sums.push((sums.at(-1) ?? 0) + length);
  return sums;
}
