/** Every operation of the graph in plain TypeScript with f64 sums; attention has a file of its own. */
import type { ActivationKind } from "../../../src/engine/graph/operations/activation.ts";
import type { GraphNode, NodeOf } from "../../../src/engine/graph/operations/index.ts";
import type { Tensor } from "../../../src/engine/graph/tensor.ts";
import { attentionForward, attentionGradient } from "./attention.ts";
import { erf } from "./erf.ts";
import { crossEntropy, crossEntropyGradient, segmentCrossEntropy, segmentCrossEntropyGradient } from "./losses.ts";
import { lstmForward, lstmGradient } from "./lstm.ts";
import type { Twin } from "./twin.ts";
import { at, fill } from "./values.ts";

/** Values of the outputs of a node, row-major. */
export function computeNode(node: GraphNode, twin: Twin): Float64Array[] {
  switch (node.op) {
    case "matmul":
      return [matmul(node, twin)];
    case "add":
      return [fill(twin, node.outputs, (i) => at(twin, node.inputs.a, i) + at(twin, node.inputs.b, i))];
    case "scale":
      return [fill(twin, node.outputs, (i) => node.attributes.factor * at(twin, node.inputs.x, i))];
    case "dropout":
      return [dropout(node, twin)];
    case "activation":
      return [fill(twin, node.outputs, (i) => activate(node.attributes.activation, at(twin, node.inputs.x, i)))];
    case "activationGradient":
      return [
        fill(
          twin,
          node.outputs,
          (i) => at(twin, node.inputs.dy, i) * slope(node.attributes.activation, at(twin, node.inputs.x, i)),
        ),
      ];
    case "layerNorm":
      return layerNorm(node, twin);
    case "layerNormInputGradient":
      return [layerNormInputGradient(node, twin)];
    case "layerNormParameterGradient":
      return layerNormParameterGradient(node, twin);
    case "gather":
      return [gather(node, twin)];
    case "scatter":
      return [scatter(node, twin)];
    case "concatenate":
      return [concatenate(node, twin)];
    case "columns":
      return [columns(node, twin)];
    case "lstm":
      return lstmForward(node, twin);
    case "lstmGradient":
      return [lstmGradient(node, twin)];
    case "columnSum":
      return [columnSum(node, twin)];
    case "crossEntropy":
      return crossEntropy(node, twin);
    case "crossEntropyGradient":
      return [crossEntropyGradient(node, twin)];
    case "segmentCrossEntropy":
      return segmentCrossEntropy(node, twin);
    case "segmentCrossEntropyGradient":
      return [segmentCrossEntropyGradient(node, twin)];
    case "collectPartials":
      return [collectPartials(node, twin)];
    case "attention":
      return attentionForward(node, twin);
    case "attentionGradient":
      return attentionGradient(node, twin);
    case "stack":
      return [Float64Array.from(node.inputs.parts.flatMap((part) => [...twin.tensor(part)]))];
    case "unstack":
      return unstack(node, twin);
    default:
      return node satisfies never;
  }
}

function matmul({ inputs, attributes, outputs }: NodeOf<"matmul">, twin: Twin): Float64Array {
  const { a, b, bias } = inputs;
  const { transposeA, transposeB } = attributes;
  const inner = transposeA ? twin.rows(a) : a.width;
  const width = outputs[0]?.width ?? 0;
  return fill(twin, outputs, (i) => {
    const [row, column] = [Math.floor(i / width), i % width];
    let sum = bias === undefined ? 0 : at(twin, bias, column);
    for (let k = 0; k < inner; k++) {
      const left = transposeA ? k * a.width + row : row * a.width + k;
      const right = transposeB ? column * b.width + k : k * b.width + column;
      sum += at(twin, a, left) * at(twin, b, right);
    }
    return sum;
  });
}

export function activate(kind: ActivationKind, x: number): number {
  switch (kind) {
    case "gelu":
      return 0.5 * x * (1 + erf(x / Math.SQRT2));
    case "gelu-tanh":
      return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
    case "tanh":
      return Math.tanh(x);
    case "relu":
      return Math.max(0, x);
    default:
      return kind satisfies never;
  }
}

/** Central differences of `activate`, so that no derivative formula is shared with the shader. */
export function slope(kind: ActivationKind, x: number): number {
  if (kind === "relu") return x > 0 ? 1 : 0;
  const step = 1e-5;
  return (activate(kind, x + step) - activate(kind, x - step)) / (2 * step);
}

function layerNorm({ inputs, attributes }: NodeOf<"layerNorm">, twin: Twin): Float64Array[] {
  const { x, gain, bias } = inputs;
  const rows = twin.rows(x);
  const y = new Float64Array(rows * x.width);
  const statistics = new Float64Array(rows * 2);
  for (let row = 0; row < rows; row++) {
    const values = twin.tensor(x).subarray(row * x.width, (row + 1) * x.width);
    const mean = values.reduce((sum, value) => sum + value, 0) / x.width;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.width;
    const inverse = 1 / Math.sqrt(variance + attributes.epsilon);
    statistics.set([mean, inverse], row * 2);
    for (let c = 0; c < x.width; c++)
      y[row * x.width + c] = ((values[c] ?? 0) - mean) * inverse * at(twin, gain, c) + at(twin, bias, c);
  }
  return [y, statistics];
}

/** n of every element and the statistics of its row. */
function normalised(x: Tensor, statistics: Tensor, twin: Twin, i: number): number {
  const row = Math.floor(i / x.width);
  return (at(twin, x, i) - at(twin, statistics, row * 2)) * at(twin, statistics, row * 2 + 1);
}

function layerNormInputGradient({ inputs }: NodeOf<"layerNormInputGradient">, twin: Twin): Float64Array {
  const { dy, x, statistics, gain } = inputs;
  const dx = new Float64Array(twin.rows(x) * x.width);
  for (let row = 0; row < twin.rows(x); row++) {
    // The full Jacobian: d y_j / d x_c = inverse * (delta_jc - 1/N - n_j n_c / N).
    const inverse = at(twin, statistics, row * 2 + 1);
    for (let c = 0; c < x.width; c++) {
      const n = normalised(x, statistics, twin, row * x.width + c);
      let sum = 0;
      for (let j = 0; j < x.width; j++) {
        const g = at(twin, dy, row * x.width + j) * at(twin, gain, j);
        sum +=
          g * ((j === c ? 1 : 0) - 1 / x.width - (normalised(x, statistics, twin, row * x.width + j) * n) / x.width);
      }
      dx[row * x.width + c] = sum * inverse;
    }
  }
  return dx;
}

function layerNormParameterGradient({ inputs }: NodeOf<"layerNormParameterGradient">, twin: Twin): Float64Array[] {
  const { dy, x, statistics } = inputs;
  const gain = new Float64Array(x.width);
  const bias = new Float64Array(x.width);
  for (let i = 0; i < twin.rows(x) * x.width; i++) {
    gain[i % x.width] = (gain[i % x.width] ?? 0) + at(twin, dy, i) * normalised(x, statistics, twin, i);
    bias[i % x.width] = (bias[i % x.width] ?? 0) + at(twin, dy, i);
  }
  return [gain, bias];
}

function gather({ inputs, indices, outputs }: NodeOf<"gather">, twin: Twin): Float64Array {
  const width = outputs[0]?.width ?? 0;
  return fill(twin, outputs, (i) => {
    let sum = 0;
    for (const [k, table] of inputs.tables.entries()) {
      const index = indices.indices[k];
      const row = index === undefined ? -1 : (twin.index(index)[Math.floor(i / width)] ?? -1);
      if (row >= 0) sum += at(twin, table, row * width + (i % width));
    }
    return sum;
  });
}

function scatter({ inputs, indices, outputs }: NodeOf<"scatter">, twin: Twin): Float64Array {
  const { width } = inputs.dy;
  const z = fill(twin, outputs, () => 0);
  for (const [row, target] of twin.index(indices.index).entries()) {
    for (let c = 0; c < width && target >= 0; c++)
      z[target * width + c] = (z[target * width + c] ?? 0) + at(twin, inputs.dy, row * width + c);
  }
  return z;
}

function concatenate({ inputs: { a, b }, outputs }: NodeOf<"concatenate">, twin: Twin): Float64Array {
  const width = a.width + b.width;
  return fill(twin, outputs, (i) => {
    const [row, column] = [Math.floor(i / width), i % width];
    return column < a.width ? at(twin, a, row * a.width + column) : at(twin, b, row * b.width + column - a.width);
  });
}

function columns({ inputs: { x }, attributes, outputs }: NodeOf<"columns">, twin: Twin): Float64Array {
  const width = outputs[0]?.width ?? 1;
  return fill(twin, outputs, (i) => at(twin, x, Math.floor(i / width) * x.width + attributes.first + (i % width)));
}

function columnSum({ inputs: { x }, outputs }: NodeOf<"columnSum">, twin: Twin): Float64Array {
  return fill(twin, outputs, (column) => {
    let sum = 0;
    for (let row = 0; row < twin.rows(x); row++) sum += at(twin, x, row * x.width + column);
    return sum;
  });
}

function collectPartials(
  { inputs, indices, attributes, outputs }: NodeOf<"collectPartials">,
  twin: Twin,
): Float64Array {
  const y = fill(twin, outputs, () => 0);
  const { blockWidth, promptLength, columns } = attributes;
  const width = outputs[0]?.width ?? 0;
  for (const [k, partial] of inputs.partials.entries()) {
    for (let i = 0; i < twin.rows(partial) * partial.width; i++) {
      const [row, column] = [Math.floor(i / partial.width), i % partial.width];
      const sequence = Math.floor(row / promptLength);
      const set = indices.set === undefined ? 0 : (twin.index(indices.set)[sequence] ?? 0);
      const target = (columns[k]?.[Math.floor(column / blockWidth)] ?? 0) + (column % blockWidth);
      const to = (set * promptLength + (row % promptLength)) * width + target;
      y[to] = (y[to] ?? 0) + at(twin, partial, i);
    }
  }
  return y;
}

function unstack({ inputs: { x }, outputs }: NodeOf<"unstack">, twin: Twin): Float64Array[] {
  let end = 0;
  return outputs.map((part) => twin.tensor(x).slice(end, (end += twin.rows(part) * part.width)));
}

/** The hash in whole numbers of 32 bits, step by step as `operations/dropout.ts` in the graph describes it. */
function dropout({ inputs, indices, attributes, outputs }: NodeOf<"dropout">, twin: Twin): Float64Array {
  const [key, examples, positions] = [indices.key, indices.example, indices.position].map((input) => twin.index(input));
  const bits = 2n ** 32n;
  const round = (hash: bigint, counter: number): bigint => {
    let value = hash ^ BigInt.asUintN(32, BigInt(counter));
    value = ((value ^ (value >> 16n)) * 0x7feb352dn) % bits;
    value = ((value ^ (value >> 15n)) * 0x846ca68bn) % bits;
    return value ^ (value >> 16n);
  };
  const { share, stream } = attributes;
  const { x } = inputs;
  return fill(twin, outputs, (i) => {
    const [row, column] = [Math.floor(i / x.width), i % x.width];
    const counters = [...(key ?? []), stream, examples?.[row] ?? 0, positions?.[row] ?? 0, column];
    const isDropped = Number(counters.reduce(round, 0x9e3779b9n)) < Math.floor(share * 2 ** 32);
    return isDropped ? 0 : at(twin, x, i) * Math.fround(1 / (1 - share));
  });
}
