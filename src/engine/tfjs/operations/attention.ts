/**
 * Attention over packed rows: unpacked to padded [B·H, T, d], computed with plain tensor operations, packed again. On wasm,
 * whose products of batches are slow, `packedAttention` takes over.
 */
import { add, getBackend, matMul, mul, reshape, slice, softmax, tensor, type Tensor } from "@tensorflow/tfjs-core";
import type { AttentionNode } from "../../graph/operations/attention.ts";
import { layOutAttention, type AttentionLayout } from "../attentionLayout.ts";
import type { ForwardPass } from "../forwardPass.ts";
import { takeRows, type RowSource } from "../takeRows.ts";
import { simdProduct } from "../simdProduct.ts";
import { packedAttention } from "./packedAttention.ts";

/** [Rq, H·d]; the log-sum-exp is the business of the derived backward pass and is not kept. */
export function attention(node: AttentionNode, pass: ForwardPass): Tensor[] {
  const simd = getBackend() === "wasm" ? simdProduct() : undefined;
  if (simd !== undefined) return [packedAttention(node, pass, simd)];
  const { inputs, attributes } = node;
  const { heads, headWidth, scale } = attributes;
  const layout = layOutAttention(node, pass);
  const prompt = inputs.prompt === undefined ? [] : [source(inputs.prompt, pass)];
  const keyWidth = attributes.keyValueHeads * headWidth;
  const queries = columnsOf(inputs.q, attributes.first.q, heads * headWidth, pass);
  const scaled: RowSource = { ...queries, tensor: mul(queries.tensor, scale) };
  const unpack = (sources: readonly RowSource[], rows: Int32Array, length: number): Tensor =>
    reshape(takeRows(sources, headWidth, rows), [layout.sequences * heads, length, headWidth]);
  const q = unpack([scaled], layout.queryRows, layout.queryLength);
  const k = unpack(
    [...prompt, columnsOf(inputs.k, attributes.first.k, keyWidth, pass)],
    layout.keyRows,
    layout.keyLength,
  );
  const v = unpack(
    [...prompt, columnsOf(inputs.v, attributes.first.v, keyWidth, pass)],
    layout.valueRows,
    layout.keyLength,
  );
  const y = matMul(probabilities(q, k, layout, heads), v);
  const needed = node.outputs.some((output) => pass.needs(output));
  const packed = takeRows([{ tensor: y, needed }], headWidth, layout.outputRows);
  return [reshape(packed, [-1, heads * headWidth])];
}

type Operand = AttentionNode["inputs"]["q"];

function source(operand: Operand, pass: ForwardPass): RowSource {
  return { tensor: pass.tensor(operand), needed: pass.needs(operand) };
}

/** The columns of a tensor that are one operand. */
function columnsOf(operand: Operand, first: number, width: number, pass: ForwardPass): RowSource {
  const { tensor: whole, needed } = source(operand, pass);
  return { tensor: width === operand.width ? whole : slice(whole, [0, first], [-1, width]), needed };
}

/** [B·H, Tq, K] */
function probabilities(q: Tensor, k: Tensor, layout: AttentionLayout, heads: number): Tensor {
  const { sequences, queryLength, keyLength } = layout;
  const scores = reshape(matMul(q, k, false, true), [sequences, heads, queryLength, keyLength]);
  const mask = tensor(layout.mask, [sequences, 1, queryLength, keyLength]);
  return reshape(softmax(add(scores, mask)), [sequences * heads, queryLength, keyLength]);
}
