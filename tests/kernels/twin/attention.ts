/** Attention and its gradients in plain TypeScript with f64 sums, written from the definition: every probability is formed. */
import type { AttentionAttributes, AttentionIndices } from "../../../src/engine/graph/operations/attention.ts";
import type { GraphNode, NodeOf } from "../../../src/engine/graph/operations/index.ts";
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
    keys.push({
      row: key,
      gate: 1,
      key: [twin.tensor(k), key * k.width + attributes.first.k],
      value: [twin.tensor(v), key * v.width + attributes.first.v],
    });
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
  const { q: queries } = pass.node.inputs;
  const q = pass.twin.tensor(queries);
  const query = row * queries.width + pass.attributes.first.q + head * headWidth;
  const column = Math.floor(head / (heads / keyValueHeads)) * headWidth;
  const keys = visibleKeys(pass, row);
  const scores = keys.map(({ key: [data, start] }) => {
    let dot = 0;
    for (let c = 0; c < headWidth; c++) dot += (q[query + c] ?? 0) * (data[start + column + c] ?? 0);
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

interface Pair {
  readonly row: number;
  readonly head: number;
  /** Where the head's columns begin among the keys'. */
  readonly column: number;
  readonly key: VisibleKey;
  readonly p: number;
  readonly dScore: number;
}

/** Calls back with p and the gradient of the score of every query, head and visible key. */
function eachPair(node: NodeOf<"attentionGradient">, twin: Twin, visit: (pair: Pair) => void): void {
  const pass: Pass = { node, twin, attributes: node.attributes };
  const { heads, keyValueHeads, headWidth, scale } = node.attributes;
  const dy = twin.tensor(node.inputs.dy);
  for (let row = 0; row < twin.rows(node.inputs.q); row++) {
    for (let head = 0; head < heads; head++) {
      const { keys, probabilities } = probabilitiesOf(pass, row, head);
      const column = Math.floor(head / (heads / keyValueHeads)) * headWidth;
      const dProbabilities = keys.map(({ value: [data, start] }) => {
        let sum = 0;
        for (let c = 0; c < headWidth; c++)
          sum += (dy[(row * heads + head) * headWidth + c] ?? 0) * (data[start + column + c] ?? 0);
        return sum;
      });
      const mean = dProbabilities.reduce((sum, dp, i) => sum + dp * (probabilities[i] ?? 0), 0);
      for (const [i, key] of keys.entries()) {
        const p = probabilities[i] ?? 0;
        visit({ row, head, column, key, p, dScore: p * ((dProbabilities[i] ?? 0) - mean) * scale });
      }
    }
  }
}

/** One array per output; operands that share a tensor share its gradient. */
export function attentionGradient(node: NodeOf<"attentionGradient">, twin: Twin): Float64Array[] {
  const outputs = node.outputs.map((output) => new Float64Array(twin.rows(output) * output.width));
  const { first, gradients, heads, headWidth, keyValueHeads, promptLength } = node.attributes;
  const { q, k, v } = node.inputs;
  const [queries, dy] = [twin.tensor(q), twin.tensor(node.inputs.dy)];
  const owner = twin.index(node.indices.querySequence);
  const keyWidth = keyValueHeads * headWidth;
  const add = (output: number | undefined, at: number, value: number): void => {
    const data = output === undefined ? undefined : outputs[output];
    if (data !== undefined) data[at] = (data[at] ?? 0) + value;
  };
  eachPair(node, twin, ({ row, head, column, key, p, dScore }) => {
    const [keyData, keyStart] = key.key;
    for (let c = 0; c < headWidth; c++) {
      const query = row * q.width + first.q + head * headWidth + c;
      const dKey = dScore * (queries[query] ?? 0);
      const dValue = p * (dy[(row * heads + head) * headWidth + c] ?? 0);
      add(gradients.q, query, dScore * (keyData[keyStart + column + c] ?? 0));
      if (key.row !== undefined) {
        add(gradients.k, key.row * k.width + first.k + column + c, dKey);
        add(gradients.v, key.row * v.width + first.v + column + c, dValue);
      }
      if (key.slot === undefined) continue;
      const slot = ((owner[row] ?? 0) * promptLength + key.slot) * 2 * keyWidth + column + c;
      add(gradients.prompt, slot, dKey);
      add(gradients.prompt, slot + keyWidth, dValue);
    }
  });
  return outputs;
}
