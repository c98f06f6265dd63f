/**
 * Every operation and its gradient on WebGPU against TensorFlow.js on the cpu, which differentiates by itself. Small graphs
 * of odd sizes, each ending in a cross entropy so that gradients flow.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Executor, StepValues } from "../../src/engine/executor.ts";
import { Builder } from "../../src/engine/graph/builder.ts";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { activation } from "../../src/engine/graph/operations/activation.ts";
import { add } from "../../src/engine/graph/operations/add.ts";
import {
  attention,
  columns,
  type AttentionOptions,
  type AttentionPrompt,
} from "../../src/engine/graph/operations/attention.ts";
import { concatenate } from "../../src/engine/graph/operations/concatenate.ts";
import { crossEntropy } from "../../src/engine/graph/operations/crossEntropy.ts";
import { gather } from "../../src/engine/graph/operations/gather.ts";
import { layerNorm } from "../../src/engine/graph/operations/layerNorm.ts";
import { lstm } from "../../src/engine/graph/operations/lstm.ts";
import { matmul } from "../../src/engine/graph/operations/matmul.ts";
import { scale } from "../../src/engine/graph/operations/scale.ts";
import { stack } from "../../src/engine/graph/operations/stack.ts";
import { describeRows, type Segments, type Tensor } from "../../src/engine/graph/tensor.ts";
import { createTfjsExecutor } from "../../src/engine/tfjs/index.ts";
import { createWebGpuExecutor, type WebGpuExecutor } from "../../src/engine/webgpu/index.ts";
import {
  randomParameters,
  randomStep,
  shapesOf,
  SMALL,
  transformerGraph,
  updateSettings,
} from "../unit/engine/transformerGraph.ts";
import { installNavigatorGpu } from "../setup/dawn.ts";

const TOLERANCE = 1e-4;

/** Three sequences of 5, 1 and 7 tokens, of which 2, 1 and 2 are needed; index −1 means no row. */
const STEP: StepValues = {
  counts: { tokens: 13, needed: 5, sequences: 3 },
  indices: {
    "tokens.offsets": Int32Array.of(0, 5, 6, 13),
    "tokens.sequence": Int32Array.of(0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2, 2),
    "needed.offsets": Int32Array.of(0, 2, 3, 5),
    "needed.sequence": Int32Array.of(0, 0, 1, 2, 2),
    "needed.token": Int32Array.of(1, 4, 5, 8, 12),
    row: Int32Array.of(4, 4, 0, 10, 4, 7, 2, 1, 3, 9, 9, 5, 6),
    sparse: Int32Array.of(-1, 2, -1, 2, 0, -1, 1, -1, 2, -1, -1, 1, 2),
    "labels of tokens": Int32Array.of(1, 0, 2, 2, 1, 0, 1, 2, 0, 0, 1, 2, 1),
    "labels of needed": Int32Array.of(2, 0, 1, 1, 2),
    "labels of 7": Int32Array.of(0, 1, 2, 2, 1, 0, 1),
    set: Int32Array.of(1, 0, 1),
  },
  values: {
    "weights of tokens": Float32Array.of(0.1, 0.2, 0, 0.3, 0.1, 0.2, 0.1, 0.1, 0.4, 0, 0.1, 0.2, 0.1),
    "weights of needed": Float32Array.of(0.3, 0.2, 0.1, 0, 0.4),
    "weights of 7": Float32Array.of(0.2, 0.1, 0, 0.3, 0.1, 0.2, 0.1),
    gate: Float32Array.of(1, 0, 0.25),
  },
};

/** Makes the operands of a case; everything it makes is trained, so every gradient of the operation is derived. */
class Operands {
  readonly builder = new Builder();
  readonly sequences = this.builder.rowSpace("sequences");
  readonly tokens: Segments = this.builder.segments(this.builder.rowSpace("tokens"), this.sequences);
  readonly needed: Segments = this.builder.segments(this.builder.rowSpace("needed"), this.sequences);

  parameter(name: string, rows: number, width: number): Tensor {
    return this.builder.parameter({ name, rows, width, group: "prompt" });
  }

  /** [tokens, width], rows of a table. */
  rows(name: string, width: number): Tensor {
    const table = this.parameter(name, 11, width);
    return gather(this.builder, [{ table, index: this.builder.index("row", this.tokens.space) }], name);
  }

  /** [needed, width], the needed rows of [tokens, width]. */
  neededRows(x: Tensor): Tensor {
    return gather(
      this.builder,
      [{ table: x, index: this.builder.index("needed.token", this.needed.space) }],
      "needed rows",
    );
  }
}

type Case = readonly [name: string, build: (operands: Operands) => Tensor];

function attentionCase(heads: number, headWidth: number, options: Partial<AttentionOptions> = {}) {
  return (operands: Operands): Tensor => {
    const keyWidth = (options.keyValueHeads ?? heads) * headWidth;
    const x = operands.rows("q", heads * headWidth);
    return attention(operands.builder, {
      q: options.queries === undefined ? x : operands.neededRows(x),
      k: operands.rows("k", keyWidth),
      v: operands.rows("v", keyWidth),
      queries: operands.tokens,
      keys: operands.tokens,
      heads,
      ...options,
    });
  };
}

/** Causal with fewer keys than queries: queries stand at the end of the keys, so the first of them see nothing. */
function blindAttention(operands: Operands): Tensor {
  const { builder, tokens, needed } = operands;
  const k = operands.neededRows(operands.rows("k", 10));
  const v = operands.neededRows(operands.rows("v", 10));
  return attention(builder, { q: operands.rows("q", 10), k, v, queries: tokens, keys: needed, heads: 2, causal: true });
}

function lstmOf(operands: Operands, reverse: boolean): Tensor {
  const [weight, bias] = [operands.parameter("w", 12, 3), operands.parameter("b", 1, 12)];
  return lstm(operands.builder, operands.parameter("x", 7, 12), { weight, bias, reverse });
}

function promptOf(operands: Operands, keyWidth: number, sets: number): AttentionPrompt {
  const tensor = operands.parameter("prompt", 3 * sets, 2 * keyWidth);
  return { tensor, length: 3, keyColumn: keyWidth, valueColumn: 0 };
}

const CASES: readonly Case[] = [
  [
    "matmul NT with bias",
    (o) =>
      matmul(o.builder, o.rows("x", 37), o.parameter("w", 21, 37), { transposeB: true, bias: o.parameter("b", 1, 21) }),
  ],
  [
    "matmul NN with bias",
    (o) => matmul(o.builder, o.rows("x", 37), o.parameter("w", 37, 70), { bias: o.parameter("b", 1, 70) }),
  ],
  [
    "matmul NT without bias, across tiles",
    (o) => matmul(o.builder, o.rows("x", 131), o.parameter("w", 67, 131), { transposeB: true }),
  ],
  ["matmul of two parameters", (o) => matmul(o.builder, o.parameter("p", 7, 19), o.parameter("w", 19, 5))],
  ["add", (o) => add(o.builder, o.rows("a", 21), o.rows("b", 21))],
  [
    "add of a tensor to itself",
    (o) => {
      const x = o.rows("a", 21);
      return add(o.builder, x, x);
    },
  ],
  ["exact GELU", (o) => activation(o.builder, o.rows("x", 21), "gelu")],
  ["GELU in tanh form", (o) => activation(o.builder, o.rows("x", 21), "gelu-tanh")],
  ["tanh", (o) => activation(o.builder, o.rows("x", 21), "tanh")],
  ["ReLU", (o) => activation(o.builder, o.rows("x", 21), "relu")],
  [
    "layer norm",
    (o) =>
      layerNorm(o.builder, o.rows("x", 45), {
        gain: o.parameter("g.gain", 1, 45),
        bias: o.parameter("b", 1, 45),
        epsilon: 1e-12,
      }),
  ],
  [
    "layer norm with a large epsilon",
    (o) =>
      layerNorm(o.builder, o.rows("x", 6), {
        gain: o.parameter("g.gain", 1, 6),
        bias: o.parameter("b", 1, 6),
        epsilon: 0.1,
      }),
  ],
  [
    "gather from two tables with repeats and gaps",
    (o) =>
      gather(o.builder, [
        { table: o.parameter("words", 11, 21), index: o.builder.index("row", o.tokens.space) },
        { table: o.parameter("soft", 3, 21), index: o.builder.index("sparse", o.tokens.space) },
      ]),
  ],
  ["scale", (o) => scale(o.builder, o.rows("x", 21), -0.75)],
  ["concatenate", (o) => concatenate(o.builder, o.rows("a", 5), o.rows("b", 16))],
  ["LSTM", (o) => lstmOf(o, false)],
  ["LSTM in reverse", (o) => lstmOf(o, true)],
  ["gather between row spaces", (o) => o.neededRows(o.rows("x", 21))],
  ["cross entropy of few classes", (o) => o.rows("logits", 3)],
  ["cross entropy of many classes", (o) => o.rows("logits", 301)],
  ["attention", attentionCase(3, 7)],
  ["attention, causal", attentionCase(2, 5, { causal: true })],
  ["attention with grouped heads and a scale", attentionCase(4, 6, { keyValueHeads: 2, scale: 0.9 })],
  ["attention of the needed rows", (o) => attentionCase(3, 7, { queries: o.needed })(o)],
  ["attention of the needed rows, causal", (o) => attentionCase(3, 7, { queries: o.needed, causal: true })(o)],
  ["attention whose first queries see no key", blindAttention],
  ["attention with a prompt", (o) => attentionCase(3, 7, { prompt: promptOf(o, 21, 1) })(o)],
  [
    "attention on columns of one product with stacked weights",
    (o) => {
      const parts = ["query", "key", "value"];
      const bias = stack(
        o.builder,
        parts.map((name) => o.parameter(`${name}.bias`, 1, 21)),
      );
      const weights = stack(
        o.builder,
        parts.map((name) => o.parameter(name, 21, 16)),
      );
      const y = matmul(o.builder, o.rows("x", 16), weights, { transposeB: true, bias });
      const operand = (place: number) => columns(y, 21 * place, 21);
      return attention(o.builder, {
        q: operand(0),
        k: operand(1),
        v: operand(2),
        queries: o.tokens,
        keys: o.tokens,
        heads: 3,
        prompt: promptOf(o, 21, 1),
      });
    },
  ],
  [
    "attention with a gated prompt, causal",
    (o) =>
      attentionCase(3, 7, {
        causal: true,
        prompt: { ...promptOf(o, 21, 1), gate: o.builder.values("gate", 3) },
      })(o),
  ],
  [
    "attention with two prompt sets and grouped heads",
    (o) =>
      attentionCase(4, 6, {
        keyValueHeads: 2,
        prompt: { ...promptOf(o, 12, 2), set: o.builder.index("set", o.sequences) },
      })(o),
  ],
];

/** The case's result `y` with its row losses as the objective. */
function caseGraph(build: Case[1]): Graph {
  const operands = new Operands();
  const { builder } = operands;
  const y = build(operands);
  const where = describeRows(y.rows);
  const losses = crossEntropy(builder, y, {
    labels: builder.index(`labels of ${where}`, y.rows),
    weights: builder.values(`weights of ${where}`, y.rows),
  });
  builder.objective(losses);
  builder.output("y", y);
  builder.output("loss", losses.loss);
  builder.output("correct", losses.correct);
  return builder.finish();
}

/** Outputs, gradients and statistics of one step. */
async function resultsOf(executor: Executor, graph: Graph, step: StepValues): Promise<Map<string, Float32Array>> {
  const store = executor.createParameters(shapesOf(graph), randomParameters(graph, 11, 0.7));
  const evaluation = await executor.compileEvaluation(graph, store, step.counts);
  const training = await executor.compileTraining(graph, store, step.counts);
  const outputs = await evaluation.run(step);
  training.step(step, updateSettings({ learningRate: 0 }));
  const gradients = await training.readGradients();
  const [statistics] = await training.statistics();
  const { loss = NaN, correct = NaN, gradientNorm = NaN } = statistics ?? {};
  evaluation.dispose();
  training.dispose();
  store.dispose();
  const named = [...gradients].map(([name, values]): [string, Float32Array] => [`gradient of ${name}`, values]);
  return new Map([...outputs, ...named, ["statistics", Float32Array.of(loss, correct, gradientNorm)]]);
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function expectAgreement(actual: ReadonlyMap<string, Float32Array>, expected: ReadonlyMap<string, Float32Array>): void {
  expect([...actual.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
  for (const [name, values] of expected) {
    expect(actual.get(name), `length of ${name}`).toHaveLength(values.length);
    const error = largest(values.map((value, i) => value - (actual.get(name)?.[i] ?? Number.NaN)));
    expect(error, `error of ${name}`).toBeLessThanOrEqual(TOLERANCE * Math.max(largest(values), 1e-3));
  }
}

describe("WebGPU agrees with TensorFlow.js", () => {
  let webgpu: WebGpuExecutor;
  let cpu: Executor;

  beforeAll(async () => {
    webgpu = await createWebGpuExecutor(await installNavigatorGpu());
    cpu = await createTfjsExecutor("cpu");
  });

  afterAll(() => {
    webgpu.dispose();
    cpu.dispose();
  });

  it.each(CASES)("%s", async (_, build) => {
    const graph = caseGraph(build);
    expectAgreement(await resultsOf(webgpu, graph, STEP), await resultsOf(cpu, graph, STEP));
  });

  it.each([
    ["prefix and soft prompt", SMALL],
    ["gated prompt sets, all weights", { ...SMALL, sets: 2, gated: true, trainBackbone: true }],
    [
      "causal, grouped heads, tanh form",
      { ...SMALL, width: 16, heads: 4, keyValueHeads: 2, causal: true, activation: "gelu-tanh" as const },
    ],
  ])("a transformer: %s", async (_, options) => {
    const graph = transformerGraph(options);
    const step = randomStep(options, [5, 3, 7], 5);
    expectAgreement(await resultsOf(webgpu, graph, step), await resultsOf(cpu, graph, step));
  });

  it("TensorFlow.js on the same device gives the same, and leaves the device open", async () => {
    const shared = await createTfjsExecutor("webgpu", { device: webgpu.device });
    expect(shared.info.backend).toBe("tfjs-webgpu");
    const options = { ...SMALL, layers: 1 };
    const graph = transformerGraph(options);
    const step = randomStep(options, [5, 3, 7], 5);
    const expected = await resultsOf(cpu, graph, step);
    expectAgreement(await resultsOf(shared, graph, step), expected);
    expect(shared.allocatedBytes()).toBe(0);
    shared.dispose();
    expectAgreement(await resultsOf(webgpu, graph, step), expected);
  });
});
