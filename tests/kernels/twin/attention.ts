/** Attention and its gradients in plain TypeScript with f64 sums, written from the definition: every probability is formed. */
import type { AttentionAttributes, AttentionIndices } from "../../../src/engine/graph/operations/attention.ts";
import type { GraphNode } from "../../../src/engine/graph/operations/index.ts";
import type { Twin } from "./twin.ts";

type AttentionLike = Extract<GraphNode, { indices: AttentionIndices }>;

/** A key that a query sees: a slot of the prompt or a row of k. */
interface VisibleKey {
  readonly slot?: number;
  readonly row?: number;
  readonly gate: number;
  /** Where key and value of key/value head 0 start. */
  readonly key: readonly [Float64Array, number];
  readonly value: readonly [Float64Array, number];
}

interface Pass {
  readonly node: AttentionLike;
  readonly twin: Twin;
  readonly attributes: AttentionAttributes;
}

function indexOf(
  { node, twin }: Pass,
  name: "queryOffsets" | "querySequence" | "keyOffsets" | "keySequence",
  i: number,
): number {
  return twin.index(node.indices[name])[i] ?? 0;
}

function visibleKeys(pass: Pass, row: number): VisibleKey[] {
  const { node, twin, attributes } = pass;
  const { promptLength, keyColumn, valueColumn, causal } = attributes;
  const sequence = indexOf(pass, "querySequence", row);
  const keys: VisibleKey[] = [];
  const { prompt, k, v } = node.inputs;
  if (prompt !== undefined) {
    const set = node.indices.set === undefined ? 0 : (twin.index(node.indices.set)[sequence] ?? 0);
    const gates = node.indices.gate === undefined ? undefined : twin.values(node.indices.gate);
    const data = twin.tensor(prompt);
    for (let slot = 0; slot < promptLength; slot++) {
      const start = (set * promptLength + slot) * prompt.width;
      const gate = gates?.[slot] ?? 1;
      if (gate > 0) keys.push({ slot, gate, key: [data, start + keyColumn], value: [data, start + valueColumn] });
    }
  }
  const start = indexOf(pass, "keyOffsets", sequence);
  const end = indexOf(pass, "keyOffsets", sequence + 1);
  const queryEnd = indexOf(pass, "queryOffsets", sequence + 1);
  for (let key = start; key < end; key++) {
    if (causal && end - key < queryEnd - row) continue;
    keys.push({ row: key, gate: 1, key: [twin.tensor(k), key * k.width], value: [twin.tensor(v), key * k.width] });
  }
  return keys;
}

interface Probabilities {
  readonly keys: readonly VisibleKey[];
  readonly probabilities: readonly number[];
  readonly logSumExp: number;
}

function probabilitiesOf(pass: Pass, row: number, head: number): Probabilities {
  const { heads, keyValueHeads, headWidth, scale } = pass.attributes;
  const q = pass.twin.tensor(pass.node.inputs.q);
  const column = Math.floor(head / (heads / keyValueHeads)) * headWidth;
  const keys = visibleKeys(pass, row);
  const scores = keys.map(({ key: [data, start] }) => {
    let dot = 0;
    for (let c = 0; c < headWidth; c++)
      dot += (q[(row * heads + head) * headWidth + c] ?? 0) * (data[start + column + c] ?? 0);
    return dot * scale;
  });
  const largest = Math.max(...scores);
  const weights = scores.map((score, i) => (keys[i]?.gate ?? 1) * Math.exp(score - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const logSumExp = keys.length === 0 ? 1e30 : largest + Math.log(total);
  return { keys, probabilities: weights.map((weight) => weight / total), logSumExp };
}

/** y and the log-sum-exp. */
export function attentionForward(node: Extract<GraphNode, { op: "attention" }>, twin: Twin): Float64Array[] {
  const pass: Pass = { node, twin, attributes: node.attributes };
  const { heads, keyValueHeads, headWidth } = node.attributes;
  const rows = twin.rows(node.inputs.q);
  const y = new Float64Array(rows * heads * headWidth);
  const logSumExps = new Float64Array(rows * heads);
  for (let row = 0; row < rows; row++) {
    for (let head = 0; head < heads; head++) {
      const { keys, probabilities, logSumExp } = probabilitiesOf(pass, row, head);
      const column = Math.floor(head / (heads / keyValueHeads)) * headWidth;
      logSumExps[row * heads + head] = logSumExp;
      for (const [
        i,
        {
          value: [data, start],
        },
      ] of keys.entries()) {
        for (let c = 0; c < headWidth; c++) {
          const at = (row * heads + head) * headWidth + c;
          y[at] = (y[at] ?? 0) + (probabilities[i] ?? 0) * (data[start + column + c] ?? 0);
        }
      }
    }
  }
  return [y, logSumExps];
}

/** Calls back with p and dScore of every query, head and visible key. */
function eachPair(
  node: AttentionLike & { readonly inputs: { readonly dy: object } },
  twin: Twin,
  visit: (pair: { row: number; head: number; column: number; key: VisibleKey; p: number; dScore: number }) => void,
): void {
  if (node.op === "attention") return;
  const pass: Pass = { node, twin, attributes: node.attributes };
  const { heads, keyValueHeads, headWidth } = node.attributes;
  const dy = twin.tensor(node.inputs.dy);
  const delta = twin.tensor(node.inputs.delta);
  for (let row = 0; row < twin.rows(node.inputs.q); row++) {
    for (let head = 0; head < heads; head++) {
      const { keys, probabilities } = probabilitiesOf(pass, row, head);
      const column = Math.floor(head / (heads / keyValueHeads)) * headWidth;
      for (const [i, key] of keys.entries()) {
        const [data, start] = key.value;
        let dp = 0;
        for (let c = 0; c < headWidth; c++)
          dp += (dy[(row * heads + head) * headWidth + c] ?? 0) * (data[start + column + c] ?? 0);
        const p = probabilities[i] ?? 0;
        visit({
          row,
          head,
          column,
          key,
          p,
          dScore: p * (dp - (delta[row * heads + head] ?? 0)) * node.attributes.scale,
        });
      }
    }
  }
}

export function attentionQueryGradient(
  node: Extract<GraphNode, { op: "attentionQueryGradient" }>,
  twin: Twin,
): Float64Array[] {
  const { heads, headWidth } = node.attributes;
  const dq = new Float64Array(twin.rows(node.inputs.q) * heads * headWidth);
  eachPair(
    node,
    twin,
    ({
      row,
      head,
      column,
      key: {
        key: [data, start],
      },
      dScore,
    }) => {
      for (let c = 0; c < headWidth; c++)
        add(dq, (row * heads + head) * headWidth + c, dScore * (data[start + column + c] ?? 0));
    },
  );
  return [dq];
}

export function attentionKeyValueGradient(
  node: Extract<GraphNode, { op: "attentionKeyValueGradient" }>,
  twin: Twin,
): Float64Array[] {
  const { heads, headWidth } = node.attributes;
  const { q: queries, k, dy: upstream } = node.inputs;
  const [q, dy] = [twin.tensor(queries), twin.tensor(upstream)];
  const dk = new Float64Array(twin.rows(k) * k.width);
  const dv = new Float64Array(dk.length);
  eachPair(node, twin, ({ row, head, column, key, p, dScore }) => {
    if (key.row === undefined) return;
    for (let c = 0; c < headWidth; c++) {
      const at = key.row * k.width + column + c;
      add(dk, at, dScore * (q[(row * heads + head) * headWidth + c] ?? 0));
      add(dv, at, p * (dy[(row * heads + head) * headWidth + c] ?? 0));
    }
  });
  return [dk, dv];
}

export function attentionPromptGradient(
  node: Extract<GraphNode, { op: "attentionPromptGradient" }>,
  twin: Twin,
): Float64Array[] {
  const { heads, headWidth, promptLength } = node.attributes;
  const { q: queries, k, dy: upstream } = node.inputs;
  const [q, dy] = [twin.tensor(queries), twin.tensor(upstream)];
  const sequences = twin.count(node.indices.keyOffsets.rows);
  const partial = new Float64Array(sequences * promptLength * 2 * k.width);
  const owner = twin.index(node.indices.querySequence);
  eachPair(node, twin, ({ row, head, column, key, p, dScore }) => {
    if (key.slot === undefined) return;
    const first = ((owner[row] ?? 0) * promptLength + key.slot) * 2 * k.width + column;
    for (let c = 0; c < headWidth; c++) {
      add(partial, first + c, dScore * (q[(row * heads + head) * headWidth + c] ?? 0));
      add(partial, first + k.width + c, p * (dy[(row * heads + head) * headWidth + c] ?? 0));
    }
  });
  return [partial];
}

function add(data: Float64Array, at: number, value: number): void {
  data[at] = (data[at] ?? 0) + value;
}
