/** Attention forward and backward. Every kernel takes the same head of uniforms; a missing prompt has length 0. */
import type { AttentionAttributes, AttentionIndices } from "../../graph/operations/attention.ts";
import { countRows, type Rows, type Tensor } from "../../graph/tensor.ts";
import { dispatch, f32, perElement, read, stepInputs, write, type Blocks, type UniformValue } from "../dispatch.ts";
import { kernels, type Kernel } from "../kernels/index.ts";
import { outputOf, type Lowering, type LoweringContext } from "./lowering.ts";

const MAX_HEAD_WIDTH = 128;
const HEAD_WIDTH_DECLARATION = `const headWidth = ${MAX_HEAD_WIDTH}u;`;

/** A thread serves this many rows, one to a component of a vector. */
const ROWS_PER_THREAD = 4;

export const lowerAttention: Lowering<"attention"> = (node, context) => {
  const { q, k, v, prompt } = node.inputs;
  const { attributes } = node;
  const y = outputOf(node, 0);
  return [
    dispatch({
      label: y.label,
      kernel: forHeadWidth(kernels.attention, attributes),
      constants: headConstants(attributes),
      uniforms: headUniforms(q.rows, node.indices, attributes, prompt),
      bindings: [read(q), read(k), read(v), read(prompt ?? k), stepInputs, write(y), write(outputOf(node, 1))],
      groups: perElement(fours(q.rows), attributes.heads),
      flops: 4 * pairs(node, context) * q.width,
    }),
  ];
};

export const lowerAttentionDelta: Lowering<"attentionDelta"> = (node) => {
  const { dy, y } = node.inputs;
  const { attributes } = node;
  const delta = outputOf(node);
  return [
    dispatch({
      label: delta.label,
      kernel: forHeadWidth(kernels.attentionDelta, attributes),
      uniforms: { rows: y.rows, heads: attributes.heads },
      bindings: [read(dy), read(y), write(delta)],
      groups: perElement(y.rows, attributes.heads),
    }),
  ];
};

export const lowerAttentionQueryGradient: Lowering<"attentionQueryGradient"> = (node, context) => {
  const { q, k, v, prompt, logSumExp, dy, delta } = node.inputs;
  const { attributes } = node;
  const dq = outputOf(node);
  return [
    dispatch({
      label: dq.label,
      kernel: forHeadWidth(kernels.attentionQueryGradient, attributes),
      constants: headConstants(attributes),
      uniforms: { ...headUniforms(q.rows, node.indices, attributes, prompt), ...statisticsPlaces(logSumExp, delta) },
      bindings: [read(q), read(k), read(v), read(prompt ?? k), read(logSumExp, delta), read(dy), stepInputs, write(dq)],
      groups: perElement(fours(q.rows), attributes.heads),
      flops: 6 * pairs(node, context) * q.width,
    }),
  ];
};

export const lowerAttentionKeyValueGradient: Lowering<"attentionKeyValueGradient"> = (node, context) => {
  const { q, k, v, prompt, logSumExp, dy, delta } = node.inputs;
  const { attributes } = node;
  const dk = outputOf(node, 0);
  const dv = outputOf(node, 1);
  return [
    dispatch({
      label: `${dk.label}, ${dv.label}`,
      kernel: forHeadWidth(kernels.attentionKeyValueGradient, attributes),
      constants: headConstants(attributes),
      uniforms: {
        ...headUniforms(k.rows, node.indices, attributes, prompt),
        ...statisticsPlaces(logSumExp, delta),
        dk: { kind: "place", tensor: dk },
        dv: { kind: "place", tensor: dv },
      },
      bindings: [read(q), read(k), read(v), read(logSumExp, delta), read(dy), stepInputs, write(dk, dv)],
      groups: perElement(fours(k.rows), attributes.keyValueHeads),
      flops: 8 * pairs(node, context) * q.width,
    }),
  ];
};

export const lowerAttentionPromptGradient: Lowering<"attentionPromptGradient"> = (node, context) => {
  const { q, prompt, logSumExp, dy, delta } = node.inputs;
  const { attributes, indices } = node;
  if (prompt === undefined) throw new Error("The gradient of a prompt needs a prompt.");
  const partial = outputOf(node);
  const sequences = indices.keyOffsets.rows;
  return [
    dispatch({
      label: partial.label,
      kernel: forHeadWidth(kernels.attentionPromptGradient, attributes),
      constants: headConstants(attributes),
      uniforms: { ...headUniforms(sequences, indices, attributes, prompt), ...statisticsPlaces(logSumExp, delta) },
      bindings: [read(q), read(prompt), read(logSumExp, delta), read(dy), stepInputs, write(partial)],
      groups: perElement(sequences, Math.ceil(attributes.promptLength / ROWS_PER_THREAD), attributes.keyValueHeads),
      flops: 8 * countRows(q.rows, context.capacities) * attributes.promptLength * q.width,
    }),
  ];
};

function fours(rows: Rows): Blocks {
  return { kind: "blocks", rows, per: ROWS_PER_THREAD };
}

function headConstants({ heads, keyValueHeads }: AttentionAttributes): Record<string, number> {
  return { heads, keyValueHeads };
}

/** The kernel with its private arrays as long as a head is wide, which no override can say. */
function forHeadWidth({ name, code }: Kernel, { headWidth }: AttentionAttributes): Kernel {
  if (headWidth > MAX_HEAD_WIDTH) throw new Error(`Heads may be at most ${MAX_HEAD_WIDTH} wide, got ${headWidth}.`);
  const sized = code.replace(HEAD_WIDTH_DECLARATION, `const headWidth = ${headWidth}u;`);
  return { name: `${name} for heads of ${headWidth}`, code: sized };
}

function headUniforms(
  rows: Rows,
  indices: AttentionIndices,
  attributes: AttentionAttributes,
  prompt: Tensor | undefined,
): Record<string, UniformValue> {
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
  };
}

function statisticsPlaces(logSumExp: Tensor, delta: Tensor): Record<string, UniformValue> {
  return { logSumExp: { kind: "place", tensor: logSumExp }, delta: { kind: "place", tensor: delta } };
}

interface AttentionShape {
  readonly inputs: { readonly q: Tensor; readonly k: Tensor };
  readonly indices: AttentionIndices;
  readonly attributes: AttentionAttributes;
}

/** Query-key pairs at full capacity when all sequences are of one length. */
function pairs({ inputs, indices, attributes }: AttentionShape, { capacities }: LoweringContext): number {
  const sequences = Math.max(1, countRows(indices.keyOffsets.rows, capacities));
  const keys = countRows(inputs.k.rows, capacities) / sequences + attributes.promptLength;
  return countRows(inputs.q.rows, capacities) * keys;
}
