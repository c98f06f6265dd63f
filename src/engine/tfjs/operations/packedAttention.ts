/**
 * Attention over packed rows for the wasm backend: each sequence and head at its own length, the products by `simdProduct`, the
 * softmax here. TensorFlow.js multiplies batches of matrices there without its fast path, and only padded ones, which took
 * three quarters of a step. Probabilities are kept for the gradient. Other backends use plain tensor operations and autodiff.
 */
import { tensor, type Tensor } from "@tensorflow/tfjs-core";
import type { AttentionNode } from "../../graph/operations/attention.ts";
import { measureAttention, visibleKeys, type AttentionSizes } from "../attentionLayout.ts";
import { withGradient } from "../customGradient.ts";
import type { ForwardPass } from "../forwardPass.ts";
import { viewValues } from "../hostValues.ts";
import type { SimdProduct } from "../simdProduct.ts";
import { AttentionWorkspace, type Block } from "./attentionWorkspace.ts";
import { operandPlaces, type OperandPlaces } from "./operandPlaces.ts";

/** [Rq, H·d] */
export function packedAttention(node: AttentionNode, pass: ForwardPass, simd: SimdProduct): Tensor {
  const sizes = measureAttention(node, pass);
  const { q, k, v, prompt } = node.inputs;
  const read = [...new Set([q, k, v, ...(prompt === undefined ? [] : [prompt])])];
  const tensors = read.map((operand) => pass.tensor(operand));
  const needed = read.map((operand) => pass.needs(operand));
  const places = (arrays: readonly Float32Array[]): OperandPlaces =>
    operandPlaces(node, (operand) => arrays[read.indexOf(operand)] ?? new Float32Array());
  const shape = [pass.rows(q.rows), node.attributes.heads * node.attributes.headWidth] as const;
  return withGradient(
    tensors.filter((_, place) => needed[place]),
    () => {
      const y = new Float32Array(shape[0] * shape[1]);
      const probabilities = forward({ sizes, simd, operands: places(tensors.map(viewValues)) }, y);
      return {
        value: tensor(y, [...shape]),
        saved: tensors,
        gradients: (dy, saved) => {
          const sums = saved.map(({ size }) => new Float32Array(size));
          const problem = { sizes, simd, operands: places(saved.map(viewValues)) };
          backward(problem, { dy: viewValues(dy), probabilities, gradients: places(sums) });
          return sums.map((sum, place) => tensor(sum, saved[place]?.shape)).filter((_, place) => needed[place]);
        },
      };
    },
  );
}

interface Problem {
  readonly sizes: AttentionSizes;
  readonly simd: SimdProduct;
  readonly operands: OperandPlaces;
}

/** Fills y and returns the probabilities of every block that has any. */
function forward({ sizes, simd, operands }: Problem, y: Float32Array): Float32Array[] {
  const work = new AttentionWorkspace(sizes, simd);
  const { heads, headWidth } = sizes.node.attributes;
  const out = { values: y, stride: heads * headWidth, first: 0 };
  return blocksOf(sizes).map((block) => {
    const { queries, keys } = block;
    work.loadQueries(operands.q, block, "queries");
    work.loadKeys(operands, block, { keys: "keysAcross", values: "values" });
    work.multiply("queries", "keysAcross", "probabilities", { rows: queries, sums: headWidth });
    softmaxRows(work, block, sizes);
    work.multiply("probabilities", "values", "result", { rows: queries, sums: keys });
    work.storeQueries(out, block, "result");
    return work.copyProbabilities(block);
  });
}

interface Above {
  /** [Rq, H·d] */
  readonly dy: Float32Array;
  readonly probabilities: readonly Float32Array[];
  /** Where gradients are added. */
  readonly gradients: OperandPlaces;
}

/** dV = Pᵀ·dY, dS = scale · P ∘ (dY·Vᵀ − Σ P ∘ dY·Vᵀ), dQ = dS·K, dK = dSᵀ·Q. */
function backward({ sizes, simd, operands }: Problem, { dy, probabilities, gradients }: Above): void {
  const work = new AttentionWorkspace(sizes, simd);
  const { heads, headWidth } = sizes.node.attributes;
  const above = { values: dy, stride: heads * headWidth, first: 0 };
  for (const [index, block] of blocksOf(sizes).entries()) {
    const { queries, keys } = block;
    work.loadQueries(operands.q, block, "queries");
    work.loadQueries(above, block, "above");
    work.loadKeys(operands, block, { keys: "keys", values: "valuesAcross" });
    work.setProbabilities(probabilities[index] ?? new Float32Array());
    work.multiply("above", "valuesAcross", "slopes", { rows: queries, sums: headWidth });
    slopesOfScores(work, block, sizes.node.attributes.scale);
    work.multiply("slopes", "keys", "result", { rows: queries, sums: keys });
    work.addQueries(gradients.q, block, "result");
    work.multiply("slopes", "queries", "keysChange", { rows: keys, sums: queries, transposed: true });
    work.multiply("probabilities", "above", "valuesChange", { rows: keys, sums: queries, transposed: true });
    work.addKeys(gradients, block, { keys: "keysChange", values: "valuesChange" });
  }
}

/** Sequences × heads, always in the same order; those without queries or keys have nothing to compute. */
function blocksOf(sizes: AttentionSizes): Block[] {
  const { node, sequences, queryOffsets, keyOffsets } = sizes;
  const { heads, promptLength } = node.attributes;
  const blocks: Block[] = [];
  for (let sequence = 0; sequence < sequences; sequence++) {
    const queries = (queryOffsets[sequence + 1] ?? 0) - (queryOffsets[sequence] ?? 0);
    const keys = promptLength + (keyOffsets[sequence + 1] ?? 0) - (keyOffsets[sequence] ?? 0);
    if (queries === 0 || keys === 0) continue;
    for (let head = 0; head < heads; head++) blocks.push({ sequence, head, queries, keys });
  }
  return blocks;
}

/** Scores become probabilities in place: each prompt slot's share times its gate, zeros where nothing is seen. */
function softmaxRows(work: AttentionWorkspace, { sequence, queries, keys }: Block, sizes: AttentionSizes): void {
  const { gate, node } = sizes;
  const { promptLength, scale } = node.attributes;
  for (let query = 0; query < queries; query++) {
    const row = work.row("probabilities", query, keys);
    const seen = promptLength + visibleKeys(sizes, sequence, query);
    let largest = Number.NEGATIVE_INFINITY;
    for (let key = 0; key < seen; key++) {
      if (key >= promptLength || gate[key] !== 0) largest = Math.max(largest, row[key] ?? 0);
    }
    let total = 0;
    for (let key = 0; key < keys; key++) {
      const factor = key < promptLength ? (gate[key] ?? 1) : key < seen ? 1 : 0;
      const weight = factor === 0 ? 0 : factor * Math.exp(scale * ((row[key] ?? 0) - largest));
      row[key] = weight;
      total += weight;
    }
    const share = total === 0 ? 0 : 1 / total;
    for (let key = 0; key < keys; key++) row[key] = (row[key] ?? 0) * share;
  }
}

/** From the slopes of the probabilities to those of the scores, in place. */
function slopesOfScores(work: AttentionWorkspace, { queries, keys }: Block, scale: number): void {
  for (let query = 0; query < queries; query++) {
    const row = work.row("slopes", query, keys);
    const probabilities = work.row("probabilities", query, keys);
    let mean = 0;
    for (let key = 0; key < keys; key++) mean += (row[key] ?? 0) * (probabilities[key] ?? 0);
    for (let key = 0; key < keys; key++) row[key] = scale * (probabilities[key] ?? 0) * ((row[key] ?? 0) - mean);
  }
}
