/** Attention forward and backward. Every kernel takes the same uniforms; a missing prompt has length 0. */
import type { AttentionAttributes, AttentionIndices } from "../../graph/operations/attention.ts";
import type { NodeOf } from "../../graph/operations/index.ts";
import { countRows, type Rows, type Tensor } from "../../graph/tensor.ts";
import {
  dispatch,
  f32,
  perElement,
  read,
  readTogether,
  stepInputs,
  write,
  writeApart,
  type Binding,
  type Blocks,
  type Dispatch,
  type Factor,
  type UniformValue,
} from "../dispatch.ts";
import { kernels, type Kernel } from "../kernels/index.ts";
import { outputOf, type AttentionVariant, type Lowering, type LoweringContext } from "./lowering.ts";

const MAX_HEAD_WIDTH = 128;

/**
 * The kernels of each variant and how rows are dealt out: `rows` gives a thread four rows, one to a component of a vector;
 * `tiles` gives a workgroup a tile of rows of one sequence, so that every sequence may need a tile more.
 */
const VARIANTS = {
  rows: {
    forward: kernels.attention,
    queryGradient: kernels.attentionQueryGradient,
    keyGradient: kernels.attentionKeyGradient,
    share: () => ({ rows: 4, per: 16, tilesBySequence: 0 }),
  },
  tiles: {
    forward: kernels.attentionTiles,
    queryGradient: kernels.attentionQueryGradientTiles,
    keyGradient: kernels.attentionKeyGradientTiles,
    share: (headWidth: number) => ({ rows: headWidth <= 64 ? 16 : 8, per: 1, tilesBySequence: 1 }),
  },
} as const satisfies Record<AttentionVariant, object>;

export const lowerAttention: Lowering<"attention"> = (node, context) => {
  const { q } = node.inputs;
  const { attributes } = node;
  const [y, logSumExp] = [outputOf(node, 0), outputOf(node, 1)];
  return [
    dispatch({
      label: y.label,
      kernel: forHeadWidth(VARIANTS[context.attention].forward, attributes),
      constants: headConstants(attributes),
      uniforms: uniformsOf(node, { rows: q.rows }),
      bindings: [...operandBindings(node), write(y), write(logSumExp)],
      groups: queryGroups(node, context),
      flops: 4 * pairs(node, context),
    }),
  ];
};

/**
 * Two dispatches: one per query row, which also leaves Δ = rowsum(dO ∘ O) of each head behind, and one per key row and
 * prompt slot. Where no query gradient is needed, Δ comes from a small dispatch of its own.
 */
export const lowerAttentionGradient: Lowering<"attentionGradient"> = (node, context) => {
  const { q } = node.inputs;
  const { gradients, heads } = node.attributes;
  const delta = context.temporary(`delta of ${outputOf(node).label}`, q.rows, heads);
  const first = gradients.q === undefined ? deltaDispatch(node, delta) : queryGradient(node, delta, context);
  const needsKeys = gradients.k !== undefined || gradients.prompt !== undefined;
  return [first, ...(needsKeys ? [keyGradient(node, delta, context)] : [])];
};

type GradientNode = NodeOf<"attentionGradient">;

function deltaDispatch({ inputs, attributes }: GradientNode, delta: Tensor): Dispatch {
  const { dy, y } = inputs;
  return dispatch({
    label: delta.label,
    kernel: forHeadWidth(kernels.attentionDelta, attributes),
    uniforms: { rows: y.rows, heads: attributes.heads, columns: attributes.headWidth },
    bindings: [read(dy), read(y), write(delta)],
    groups: perElement(y.rows, attributes.heads),
  });
}

function queryGradient(node: GradientNode, delta: Tensor, context: LoweringContext): Dispatch {
  const { q, dy, y, logSumExp } = node.inputs;
  const { attributes } = node;
  const dq = outputOf(node, attributes.gradients.q);
  return dispatch({
    label: `${dq.label} from its queries`,
    kernel: forHeadWidth(VARIANTS[context.attention].queryGradient, attributes),
    constants: headConstants(attributes),
    uniforms: uniformsOf(node, { rows: q.rows, dq: place(dq, attributes.first.q) }),
    bindings: [
      ...operandBindings(node),
      read(logSumExp),
      read(dy),
      read(y),
      write(dq),
      writeApart("attention deltas", delta),
    ],
    groups: queryGroups(node, context),
    flops: 6 * pairs(node, context),
  });
}

/** Keys, values and prompt slots in one dispatch. */
function keyGradient(node: GradientNode, delta: Tensor, context: LoweringContext): Dispatch {
  const { k, dy, logSumExp } = node.inputs;
  const { attributes } = node;
  const { gradients, first, promptLength } = attributes;
  const keys =
    gradients.k === undefined || gradients.v === undefined
      ? undefined
      : [outputOf(node, gradients.k), outputOf(node, gradients.v)];
  const [dk, dv] = keys ?? [];
  const partial = gradients.prompt === undefined ? undefined : outputOf(node, gradients.prompt);
  const rows = keys === undefined ? 0 : k.rows;
  const partialLength = partial === undefined ? 0 : promptLength;
  const absent = (what: string): Tensor => context.temporary(`no ${what} of ${logSumExp.label}`, 1, 1);
  return dispatch({
    label: [dk, partial].flatMap((tensor) => tensor?.label ?? []).join(", "),
    kernel: forHeadWidth(VARIANTS[context.attention].keyGradient, attributes),
    constants: headConstants(attributes),
    uniforms: uniformsOf(node, {
      rows,
      partialLength,
      ...(dk && dv ? { dk: place(dk, first.k), dv: place(dv, first.v) } : {}),
    }),
    bindings: [
      ...operandBindings(node),
      read(logSumExp),
      read(delta),
      read(dy),
      write(...(keys ?? [absent("key gradient")])),
      // Apart from the keys' gradients: their one binding covers whatever lies between them.
      writeApart("prompt gradients", partial ?? absent("prompt gradient")),
    ],
    groups: keyGroups(node, context, { rows, partialLength }),
    flops: 8 * pairs(node, context),
  });
}

/** Queries, keys, values and prompt, and the step inputs: the bindings 1 to 3 of the kernels that weigh keys. */
function operandBindings({ inputs: { q, k, v, prompt } }: AttentionShape): Binding[] {
  return [readTogether("attention operands", ...new Set([q, k, v])), read(prompt ?? q), stepInputs];
}

function queryGroups({ inputs, indices, attributes }: AttentionShape, { attention }: LoweringContext): Factor[] {
  const { heads, headWidth } = attributes;
  const { rows: share, per, tilesBySequence } = VARIANTS[attention].share(headWidth);
  const blocks: Blocks = { kind: "blocks", rows: inputs.q.rows, per: share };
  return [{ counts: [blocks, heads], plus: [indices.queryOffsets.rows, tilesBySequence, heads], per }];
}

/** Key rows first, prompt slots behind them; either may be missing. */
function keyGroups(
  { indices, attributes }: AttentionShape,
  { attention }: LoweringContext,
  { rows, partialLength }: { readonly rows: Rows; readonly partialLength: number },
): Factor[] {
  const { keyValueHeads, headWidth } = attributes;
  const { rows: share, per, tilesBySequence } = VARIANTS[attention].share(headWidth);
  const blocks: Blocks = { kind: "blocks", rows, per: share };
  const bySequence = Math.ceil(partialLength / share) + (rows === 0 ? 0 : tilesBySequence);
  return [{ counts: [blocks, keyValueHeads], plus: [indices.keyOffsets.rows, bySequence, keyValueHeads], per }];
}

function place(tensor: Tensor, column = 0): UniformValue {
  return { kind: "place", tensor, column };
}

function headConstants({ heads, keyValueHeads }: AttentionAttributes): Record<string, number> {
  return { heads, keyValueHeads };
}

/** The kernel with its arrays as long as a head is wide, which no override can say. */
function forHeadWidth({ name, code }: Kernel, { headWidth }: AttentionAttributes): Kernel {
  if (headWidth > MAX_HEAD_WIDTH) throw new Error(`Heads may be at most ${MAX_HEAD_WIDTH} wide, got ${headWidth}.`);
  return { name: `${name} for heads of ${headWidth}`, code: `const headWidth = ${headWidth}u;\n${code}` };
}

/** What differs between the kernels; all the rest of the block follows from the node. */
type OwnUniforms = Readonly<
  Partial<Record<"dq" | "dk" | "dv" | "partialLength", UniformValue>> & { readonly rows: Rows }
>;

function uniformsOf({ inputs, indices, attributes }: AttentionShape, own: OwnUniforms): Record<string, UniformValue> {
  const { q, k, v, prompt } = inputs;
  const { first } = attributes;
  const { rows, ...rest } = own;
  const none = { dq: 0, dk: 0, dv: 0, sequences: indices.keyOffsets.rows, partialLength: 0 };
  return {
    rows,
    scale: f32(attributes.scale),
    causal: Number(attributes.causal),
    promptLength: attributes.promptLength,
    promptWidth: prompt?.width ?? 0,
    keyColumn: attributes.keyColumn,
    valueColumn: attributes.valueColumn,
    queryOffsets: indices.queryOffsets,
    querySequence: indices.querySequence,
    keyOffsets: indices.keyOffsets,
    keySequence: indices.keySequence,
    promptSet: indices.set,
    gate: indices.gate,
    q: place(q, first.q),
    qWidth: q.width,
    k: place(k, first.k),
    kWidth: k.width,
    v: place(v, first.v),
    vWidth: v.width,
    ...none,
    ...rest,
    columns: attributes.headWidth,
  };
}

interface AttentionShape {
  readonly inputs: { readonly q: Tensor; readonly k: Tensor; readonly v: Tensor; readonly prompt?: Tensor };
  readonly indices: AttentionIndices;
  readonly attributes: AttentionAttributes;
}

/** Query-key pairs times width at full capacity when all sequences are of one length. */
function pairs({ inputs, indices, attributes }: AttentionShape, { capacities }: LoweringContext): number {
  const { promptLength, heads, headWidth } = attributes;
  const sequences = Math.max(1, countRows(indices.keyOffsets.rows, capacities));
  const keys = countRows(inputs.k.rows, capacities) / sequences + promptLength;
  return countRows(inputs.q.rows, capacities) * keys * heads * headWidth;
}
