/**
 * Multi-head scaled dot-product attention over packed sequences, with an optional deep prompt in front of the keys.
 *
 * Queries and keys may live in different row spaces (the last layer asks only from the needed rows). Queries, keys and
 * values may be columns of one tensor, so that one product makes all three. A prompt is a tensor [S·P, W] whose columns hold
 * keys and values; each sequence names its set s, slot p of it is row s·P + p. No probability is ever stored: the
 * log-sum-exp of each row and head is kept instead and probabilities are recomputed (Dao et al. 2022).
 */
import type { Builder, OutputShape } from "../builder.ts";
import { outputAt, type Contribution, type NodeBase, type Vjp } from "../operation.ts";
import {
  describeShape,
  type IndexInput,
  type RowProduct,
  type Segments,
  type Tensor,
  type ValueInput,
} from "../tensor.ts";

/** Some neighbouring columns of a tensor. */
export interface Columns {
  readonly kind: "columns";
  readonly tensor: Tensor;
  readonly first: number;
  readonly width: number;
}

/** Columns first … first + width − 1 of a tensor, as an operand of attention. */
export function columns(tensor: Tensor, first: number, width: number): Columns {
  return { kind: "columns", tensor, first, width };
}

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
  /** Where the prompt's keys and values start in its rows. */
  readonly keyColumn: number;
  readonly valueColumn: number;
  /** First column of each operand in its tensor. */
  readonly first: { readonly q: number; readonly k: number; readonly v: number };
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

/** What a gradient of attention computes: per operand the number of the output, absent where nobody needs it. */
export interface AttentionGradients {
  readonly q?: number;
  /** Keys and values come together; operands that are columns of one tensor share an output of that tensor's shape. */
  readonly k?: number;
  readonly v?: number;
  /** [sequences×P, 2·Hkv·d]: what each sequence contributes to the keys (first half) and values of every slot. */
  readonly prompt?: number;
}

export type AttentionNode = NodeBase<"attention", QueryKeyValue, AttentionIndices, AttentionAttributes>;

/** All gradients of one attention that somebody needs, from the forward's operands and results and dO. */
export type AttentionGradientNode = NodeBase<
  "attentionGradient",
  QueryKeyValue & { readonly y: Tensor; readonly logSumExp: Tensor; readonly dy: Tensor },
  AttentionIndices,
  AttentionAttributes & { readonly gradients: AttentionGradients }
>;

/** How rows fall into sequences; their number may be fixed, where no row space is needed. */
export type RowSpans = Pick<Segments, "offsets" | "sequence">;

export interface AttentionOptions {
  readonly q: Tensor | Columns;
  readonly k: Tensor | Columns;
  readonly v: Tensor | Columns;
  readonly queries: RowSpans;
  readonly keys: RowSpans;
  readonly heads: number;
  readonly keyValueHeads?: number;
  readonly scale?: number;
  readonly causal?: boolean;
  readonly prompt?: AttentionPrompt;
  readonly label?: string;
}

/**
 * q [Rq, H·d], k and v [Rk, Hkv·d] → [Rq, H·d]. Throws when the widths do not divide into heads, or when columns of a tensor
 * are left over or used twice.
 */
export function attention(builder: Builder, options: AttentionOptions): Tensor {
  const { queries, keys, prompt, label = "attention" } = options;
  const [q, k, v] = [asColumns(options.q), asColumns(options.k), asColumns(options.v)];
  const attributes = attentionAttributes(options, { q, k, v });
  for (const operand of [q, k, v]) checkCoverage(operand, [q, k, v], label);
  const operands: QueryKeyValue = { q: q.tensor, k: k.tensor, v: v.tensor };
  const inputs: QueryKeyValue = prompt === undefined ? operands : { ...operands, prompt: prompt.tensor };
  const indices: AttentionIndices = {
    queryOffsets: queries.offsets,
    querySequence: queries.sequence,
    keyOffsets: keys.offsets,
    keySequence: keys.sequence,
    ...(prompt?.set === undefined ? {} : { set: prompt.set }),
    ...(prompt?.gate === undefined ? {} : { gate: prompt.gate }),
  };
  const { outputs } = builder.node("attention", inputs, indices, attributes, [
    { label, rows: q.tensor.rows, width: q.width },
    { label: `${label} log-sum-exp`, rows: q.tensor.rows, width: attributes.heads },
  ]);
  return outputAt(outputs, 0);
}

function asColumns(operand: Tensor | Columns): Columns {
  return operand.kind === "columns" ? operand : columns(operand, 0, operand.width);
}

/** Gradients have the shape of their tensor, so the operands that read it must cover it: alone, or side by side. */
function checkCoverage(operand: Columns, all: readonly Columns[], label: string): void {
  const { tensor } = operand;
  if (operand.width === tensor.width && operand.first === 0) return;
  const sharing = all.filter((other) => other.tensor === tensor).toSorted((a, b) => a.first - b.first);
  let end = 0;
  for (const { first, width } of sharing) end = first === end ? end + width : Number.NaN;
  if (end === tensor.width) return;
  const used = sharing.map(({ first, width }) => `${first} to ${first + width}`).join(", ");
  throw new Error(
    `${label}: columns ${used} of "${tensor.label}" ${describeShape(tensor)} do not cover it exactly once.`,
  );
}

function attentionAttributes(
  options: AttentionOptions,
  { q, k, v }: Readonly<Record<"q" | "k" | "v", Columns>>,
): AttentionAttributes {
  const { heads, prompt, label = "attention" } = options;
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
    first: { q: q.first, k: k.first, v: v.first },
  };
}

/** One node for all gradients; which of them it computes follows from who needs them. */
export const attentionVjp: Vjp<AttentionNode> = (node, { builder, needs, gradient }) => {
  const dy = gradient(0);
  if (dy === undefined) return [];
  const { inputs, indices, attributes } = node;
  const { q, k, v, prompt } = inputs;
  const shapes: OutputShape[] = [];
  const shared = new Map<Tensor, number>();
  const own = (tensor: Tensor): number =>
    shapes.push({ label: `d ${tensor.label}`, rows: tensor.rows, width: tensor.width }) - 1;
  /** The output that holds the gradient of these columns: the tensor's one if the operands lie in it side by side. */
  const outputFor = (tensor: Tensor, width: number): number => {
    if (width === tensor.width) return own(tensor);
    const index = shared.get(tensor) ?? own(tensor);
    shared.set(tensor, index);
    return index;
  };
  const { heads, keyValueHeads, headWidth } = attributes;
  const keyWidth = keyValueHeads * headWidth;
  const dq = needs(q) ? { q: outputFor(q, heads * headWidth) } : {};
  const dkv = needs(k) || needs(v) ? { k: outputFor(k, keyWidth), v: outputFor(v, keyWidth) } : {};
  const dPrompt = needs(prompt) ? { prompt: shapes.push(partialShape(node, prompt)) - 1 } : {};
  const gradients: AttentionGradients = { ...dq, ...dkv, ...dPrompt };
  if (shapes.length === 0) return [];
  const operands = { ...inputs, y: outputAt(node.outputs, 0), logSumExp: outputAt(node.outputs, 1), dy };
  const { outputs } = builder.node("attentionGradient", operands, indices, { ...attributes, gradients }, shapes);
  const contributions = new Map<number, Contribution>();
  for (const name of ["q", "k", "v"] as const) {
    const index = gradients[name];
    if (index === undefined || !needs(inputs[name])) continue;
    contributions.set(index, { operand: inputs[name], gradient: outputAt(outputs, index) });
  }
  if (prompt !== undefined && gradients.prompt !== undefined)
    contributions.set(gradients.prompt, promptContribution(node, prompt, outputAt(outputs, gradients.prompt)));
  return [...contributions.values()];
};

function partialShape({ attributes, indices }: AttentionNode, prompt: Tensor): OutputShape {
  const { promptLength, keyValueHeads, headWidth } = attributes;
  const { rows: sequences } = indices.keyOffsets;
  if (typeof sequences === "number" || sequences.kind !== "row-space") {
    throw new Error("Key offsets are given per sequence of a row space.");
  }
  const rows: RowProduct = { kind: "row-product", space: sequences, times: promptLength };
  return { label: `d ${prompt.label} of each sequence`, rows, width: 2 * keyValueHeads * headWidth };
}

function promptContribution({ attributes, indices }: AttentionNode, prompt: Tensor, partial: Tensor): Contribution {
  const { keyColumn, valueColumn, keyValueHeads, headWidth } = attributes;
  const set = indices.set === undefined ? {} : { set: indices.set };
  const blockWidth = keyValueHeads * headWidth;
  return {
    operand: prompt,
    gradient: { kind: "partial", partial, columns: [keyColumn, valueColumn], blockWidth, ...set },
  };
}
