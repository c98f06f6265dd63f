/**
 * Multi-head scaled dot-product attention over packed sequences, with an optional deep prompt in front of the keys.
 *
 * Queries and keys may live in different row spaces (the last layer asks only from the needed rows). A prompt is a tensor
 * [S·P, W] whose columns hold keys and values; each sequence names its set s, slot p of it is row s·P + p. No probability
 * is ever stored: the log-sum-exp of each row and head is kept instead and probabilities are recomputed (Dao et al. 2022).
 */
import type { Builder } from "../builder.ts";
import { outputAt, type Contribution, type NodeBase, type Vjp } from "../operation.ts";
import type { IndexInput, RowProduct, Segments, Tensor, ValueInput } from "../tensor.ts";

/** Where attention finds its prompt. Keys are columns keyColumn … keyColumn + keyWidth − 1 of each slot's row. */
export interface AttentionPrompt {
  readonly tensor: Tensor;
  readonly length: number;
  readonly keyColumn: number;
  readonly valueColumn: number;
  /** Set of each sequence; absent means set 0 for all. */
  readonly set?: IndexInput;
  /** One factor per slot [P] on its unnormalised probability: 1 leaves it, 0 removes it. */
  readonly gate?: ValueInput;
}

export interface AttentionAttributes {
  readonly heads: number;
  /** Key/value heads; fewer than `heads` in grouped-query attention. Must divide `heads`. */
  readonly keyValueHeads: number;
  readonly headWidth: number;
  readonly scale: number;
  /** A query sees the keys of its sequence whose position is not after its own. */
  readonly causal: boolean;
  readonly promptLength: number;
  readonly keyColumn: number;
  readonly valueColumn: number;
}

export interface AttentionIndices {
  readonly queryOffsets: IndexInput;
  readonly querySequence: IndexInput;
  readonly keyOffsets: IndexInput;
  readonly keySequence: IndexInput;
  readonly set?: IndexInput;
  readonly gate?: ValueInput;
}

interface QueryKeyValue {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly prompt?: Tensor;
}

/** Operands of the backward kernels: the forward's, its log-sum-exp, dO and Δ = rowsum(dO ∘ O) per head. */
interface BackwardOperands extends QueryKeyValue {
  readonly logSumExp: Tensor;
  readonly dy: Tensor;
  readonly delta: Tensor;
}

export type AttentionNode = NodeBase<"attention", QueryKeyValue, AttentionIndices, AttentionAttributes>;
/** Δ [Rq, H] = Σ over the head's width of dO ∘ O. */
export type AttentionDeltaNode = NodeBase<
  "attentionDelta",
  { readonly dy: Tensor; readonly y: Tensor },
  Record<never, never>,
  AttentionAttributes
>;
/** dQ [Rq, H·d]. */
export type AttentionQueryGradientNode = NodeBase<
  "attentionQueryGradient",
  BackwardOperands,
  AttentionIndices,
  AttentionAttributes
>;
/** dK and dV, both [Rk, Hkv·d], of the token keys. */
export type AttentionKeyValueGradientNode = NodeBase<
  "attentionKeyValueGradient",
  BackwardOperands,
  AttentionIndices,
  AttentionAttributes
>;
/** [sequences×P, 2·Hkv·d]: what each sequence contributes to the keys (first half) and values of every slot. */
export type AttentionPromptGradientNode = NodeBase<
  "attentionPromptGradient",
  BackwardOperands,
  AttentionIndices,
  AttentionAttributes
>;

export interface AttentionOptions {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly queries: Segments;
  readonly keys: Segments;
  readonly heads: number;
  readonly keyValueHeads?: number;
  readonly scale?: number;
  readonly causal?: boolean;
  readonly prompt?: AttentionPrompt;
  readonly label?: string;
}

/** q [Rq, H·d], k and v [Rk, Hkv·d] → [Rq, H·d]. Throws when the widths do not divide into heads. */
export function attention(builder: Builder, options: AttentionOptions): Tensor {
  const { q, k, v, queries, keys, prompt, label = "attention" } = options;
  const attributes = attentionAttributes(options);
  const inputs: QueryKeyValue = prompt === undefined ? { q, k, v } : { q, k, v, prompt: prompt.tensor };
  const indices: AttentionIndices = {
    queryOffsets: queries.offsets,
    querySequence: queries.sequence,
    keyOffsets: keys.offsets,
    keySequence: keys.sequence,
    ...(prompt?.set === undefined ? {} : { set: prompt.set }),
    ...(prompt?.gate === undefined ? {} : { gate: prompt.gate }),
  };
  const { outputs } = builder.node("attention", inputs, indices, attributes, [
    { label, rows: q.rows, width: q.width },
    { label: `${label} log-sum-exp`, rows: q.rows, width: attributes.heads },
  ]);
  return outputAt(outputs, 0);
}

function attentionAttributes(options: AttentionOptions): AttentionAttributes {
  const { q, k, v, heads, prompt, label = "attention" } = options;
  const keyValueHeads = options.keyValueHeads ?? heads;
  const headWidth = q.width / heads;
  if (!Number.isInteger(headWidth) || k.width !== keyValueHeads * headWidth || v.width !== k.width) {
    throw new Error(
      `${label}: queries of width ${q.width}, keys of ${k.width} do not fit ${heads}/${keyValueHeads} heads.`,
    );
  }
  if (heads % keyValueHeads !== 0)
    throw new Error(`${label}: ${keyValueHeads} key/value heads do not divide ${heads}.`);
  return {
    heads,
    keyValueHeads,
    headWidth,
    scale: options.scale ?? 1 / Math.sqrt(headWidth),
    causal: options.causal ?? false,
    promptLength: prompt?.length ?? 0,
    keyColumn: prompt?.keyColumn ?? 0,
    valueColumn: prompt?.valueColumn ?? 0,
  };
}

/** Three separate gradients so that the lowest trained layer computes only its prompt's. */
export const attentionVjp: Vjp<AttentionNode> = (node, { builder, needs, gradient }) => {
  const dy = gradient(0);
  if (dy === undefined) return [];
  const { q, k, v, prompt } = node.inputs;
  const { indices, attributes } = node;
  const y = outputAt(node.outputs, 0);
  const delta = builder.single("attentionDelta", { dy, y }, {}, attributes, {
    label: `delta of ${y.label}`,
    rows: q.rows,
    width: attributes.heads,
  });
  const operands = { ...node.inputs, logSumExp: outputAt(node.outputs, 1), dy, delta };
  const contributions: Contribution[] = [];
  if (needs(q)) {
    const shape = { label: `d ${q.label}`, rows: q.rows, width: q.width };
    const dq = builder.single("attentionQueryGradient", operands, indices, attributes, shape);
    contributions.push({ operand: q, gradient: dq });
  }
  if (needs(k) || needs(v)) {
    const { outputs } = builder.node("attentionKeyValueGradient", operands, indices, attributes, [
      { label: `d ${k.label}`, rows: k.rows, width: k.width },
      { label: `d ${v.label}`, rows: v.rows, width: v.width },
    ]);
    if (needs(k)) contributions.push({ operand: k, gradient: outputAt(outputs, 0) });
    if (needs(v)) contributions.push({ operand: v, gradient: outputAt(outputs, 1) });
  }
  if (needs(prompt)) contributions.push(promptContribution(builder, node, operands, prompt));
  return contributions;
};

function promptContribution(
  builder: Builder,
  node: AttentionNode,
  operands: BackwardOperands,
  prompt: Tensor,
): Contribution {
  const { keyColumn, valueColumn, promptLength } = node.attributes;
  const { rows: sequences } = node.indices.keyOffsets;
  if (typeof sequences === "number" || sequences.kind !== "row-space") {
    throw new Error("Key offsets are given per sequence of a row space.");
  }
  const rows: RowProduct = { kind: "row-product", space: sequences, times: promptLength };
  const blockWidth = operands.k.width;
  const shape = { label: `d ${prompt.label} of each sequence`, rows, width: 2 * blockWidth };
  const partial = builder.single("attentionPromptGradient", operands, node.indices, node.attributes, shape);
  const set = node.indices.set === undefined ? {} : { set: node.indices.set };
  return {
    operand: prompt,
    gradient: { kind: "partial", partial, columns: [keyColumn, valueColumn], blockWidth, ...set },
  };
}
