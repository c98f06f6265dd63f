/**
 * Where packed rows go when attention pads them: index lists for `takeRows` and the additive mask, made on the host.
 *
 * Padded tensors are [B, H, T, d]; a prompt's P slots stand in front of the T keys. Operands are seen as rows of d, so that
 * one list moves and transposes at once.
 */
import type { AttentionNode } from "../graph/operations/attention.ts";
import type { IndexInput } from "../graph/tensor.ts";
import type { ForwardPass } from "./forwardPass.ts";

/** Added to the score of a key that must not be seen; finite, so that no row becomes NaN. */
const UNSEEN = -1e9;

export interface AttentionLayout {
  readonly sequences: number;
  /** Tq, the longest sequence of queries. */
  readonly queryLength: number;
  /** P + Tk. */
  readonly keyLength: number;
  /** [B·H·Tq] rows of q. */
  readonly queryRows: Int32Array;
  /** [B·H·(P + Tk)] rows of the prompt followed by k. */
  readonly keyRows: Int32Array;
  /** The same of the prompt followed by v. */
  readonly valueRows: Int32Array;
  /** [Rq·H] rows of the padded result; −1 for a query that sees no key. */
  readonly outputRows: Int32Array;
  /** [B, Tq, P + Tk] */
  readonly mask: Float32Array;
}

/** What every form of attention needs to know of a step. */
export interface AttentionSizes {
  readonly node: AttentionNode;
  readonly sequences: number;
  readonly queryOffsets: Int32Array;
  readonly keyOffsets: Int32Array;
  readonly queryLength: number;
  readonly keyLength: number;
  /** Factor of each slot on its probability. */
  readonly gate: Float32Array;
  /** Prompt set of each sequence. */
  readonly set: Int32Array;
}

/** The layout of one attention in this step. */
export function layOutAttention(node: AttentionNode, pass: ForwardPass): AttentionLayout {
  const sizes = measureAttention(node, pass);
  const { sequences, queryLength, keyLength } = sizes;
  const { keyColumn, valueColumn } = node.attributes;
  return {
    sequences,
    queryLength,
    keyLength,
    queryRows: queryRows(sizes),
    keyRows: keyRows(sizes, keyColumn, pass),
    valueRows: keyRows(sizes, valueColumn, pass),
    outputRows: outputRows(sizes, pass.rows(node.inputs.q.rows)),
    mask: additiveMask(sizes),
  };
}

/** Sequences, lengths, gates and prompt sets of one attention in this step. */
export function measureAttention(node: AttentionNode, pass: ForwardPass): AttentionSizes {
  const { indices, attributes } = node;
  const sequences = pass.rows(indices.keyOffsets.rows);
  const offsets = (input: IndexInput): Int32Array => pass.index(input).subarray(0, sequences + 1);
  const [queryOffsets, keyOffsets] = [offsets(indices.queryOffsets), offsets(indices.keyOffsets)];
  const { promptLength } = attributes;
  return {
    node,
    sequences,
    queryOffsets,
    keyOffsets,
    queryLength: longest(queryOffsets),
    keyLength: promptLength + longest(keyOffsets),
    gate: indices.gate === undefined ? new Float32Array(promptLength).fill(1) : pass.values(indices.gate),
    set: indices.set === undefined ? new Int32Array(sequences) : pass.index(indices.set),
  };
}

function longest(offsets: Int32Array): number {
  let length = 0;
  for (let i = 1; i < offsets.length; i++) length = Math.max(length, at(offsets, i) - at(offsets, i - 1));
  return length;
}

function queryRows({ node, sequences, queryOffsets, queryLength }: AttentionSizes): Int32Array {
  const { heads } = node.attributes;
  const rows = new Int32Array(sequences * heads * queryLength).fill(-1);
  for (let b = 0; b < sequences; b++) {
    const start = at(queryOffsets, b);
    const length = at(queryOffsets, b + 1) - start;
    for (let h = 0; h < heads; h++) {
      for (let t = 0; t < length; t++) rows[(b * heads + h) * queryLength + t] = (start + t) * heads + h;
    }
  }
  return rows;
}

/** Slots come from `column` of the prompt's rows; query heads of one group share a key/value head. */
function keyRows(
  { node, sequences, keyOffsets, keyLength, set }: AttentionSizes,
  column: number,
  pass: ForwardPass,
): Int32Array {
  const { heads, keyValueHeads, headWidth, promptLength } = node.attributes;
  const { prompt } = node.inputs;
  const promptWidth = (prompt?.width ?? 0) / headWidth;
  const firstColumn = column / headWidth;
  if (!Number.isInteger(promptWidth) || !Number.isInteger(firstColumn)) {
    throw new Error(
      `A prompt's width and columns must be multiples of the head width ${headWidth}; column ${column} is not.`,
    );
  }
  const tokens = prompt === undefined ? 0 : pass.rows(prompt.rows) * promptWidth;
  const rows = new Int32Array(sequences * heads * keyLength).fill(-1);
  for (let b = 0; b < sequences; b++) {
    const start = at(keyOffsets, b);
    const length = at(keyOffsets, b + 1) - start;
    const slots = at(set, b) * promptLength;
    for (let h = 0; h < heads; h++) {
      const head = Math.floor((h * keyValueHeads) / heads);
      const row = (b * heads + h) * keyLength;
      for (let p = 0; p < promptLength; p++) rows[row + p] = (slots + p) * promptWidth + firstColumn + head;
      for (let t = 0; t < length; t++) rows[row + promptLength + t] = tokens + (start + t) * keyValueHeads + head;
    }
  }
  return rows;
}

function outputRows(sizes: AttentionSizes, queries: number): Int32Array {
  const { node, sequences, queryOffsets, queryLength } = sizes;
  const { heads } = node.attributes;
  const rows = new Int32Array(queries * heads).fill(-1);
  for (let b = 0; b < sequences; b++) {
    const start = at(queryOffsets, b);
    for (let row = start; row < at(queryOffsets, b + 1); row++) {
      if (!seesAnything(sizes, b, row - start)) continue;
      for (let h = 0; h < heads; h++) rows[row * heads + h] = (b * heads + h) * queryLength + row - start;
    }
  }
  return rows;
}

function seesAnything(sizes: AttentionSizes, b: number, query: number): boolean {
  return visibleKeys(sizes, b, query) > 0 || sizes.gate.some((factor) => factor > 0);
}

/** Keys of sequence b that its query sees; causal queries stand at the end of the keys. */
export function visibleKeys({ node, queryOffsets, keyOffsets }: AttentionSizes, b: number, query: number): number {
  const keys = at(keyOffsets, b + 1) - at(keyOffsets, b);
  if (!node.attributes.causal) return keys;
  const behind = at(queryOffsets, b + 1) - at(queryOffsets, b) - query;
  return Math.max(0, keys - behind + 1);
}

function additiveMask(sizes: AttentionSizes): Float32Array {
  const { node, sequences, queryOffsets, queryLength, keyLength, gate } = sizes;
  const { promptLength } = node.attributes;
  const slots = gate.map((factor) => (factor > 0 ? Math.log(factor) : UNSEEN));
  const mask = new Float32Array(sequences * queryLength * keyLength).fill(UNSEEN);
  for (let b = 0; b < sequences; b++) {
    const queries = at(queryOffsets, b + 1) - at(queryOffsets, b);
    for (let t = 0; t < queries; t++) {
      const row = (b * queryLength + t) * keyLength;
      mask.set(slots.subarray(0, promptLength), row);
      mask.fill(0, row + promptLength, row + promptLength + visibleKeys(sizes, b, t));
    }
  }
  return mask;
}

function at(values: Int32Array, index: number): number {
  const value = values[index];
  if (value === undefined) throw new Error(`A list of ${values.length} offsets or sets has no entry ${index}.`);
  return value;
}
