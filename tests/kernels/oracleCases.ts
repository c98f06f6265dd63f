/** Small graphs of odd sizes, one or more for every operation, and the step they are run with. */
import type { StepValues } from "../../src/engine/executor.ts";
import { Builder } from "../../src/engine/graph/builder.ts";
import { activation } from "../../src/engine/graph/operations/activation.ts";
import { add } from "../../src/engine/graph/operations/add.ts";
import {
  attention,
  columns,
  type AttentionOptions,
  type AttentionPrompt,
} from "../../src/engine/graph/operations/attention.ts";
import { concatenate } from "../../src/engine/graph/operations/concatenate.ts";
import { dropout } from "../../src/engine/graph/operations/dropout.ts";
import { gather } from "../../src/engine/graph/operations/gather.ts";
import { layerNorm } from "../../src/engine/graph/operations/layerNorm.ts";
import { lstm } from "../../src/engine/graph/operations/lstm.ts";
import { matmul } from "../../src/engine/graph/operations/matmul.ts";
import { scale } from "../../src/engine/graph/operations/scale.ts";
import { stack } from "../../src/engine/graph/operations/stack.ts";
import { type Segments, type Tensor } from "../../src/engine/graph/tensor.ts";

/** Three sequences of 5, 1 and 7 tokens, of which 2, 1 and 2 are needed; index −1 means no row. */
export const STEP: StepValues = {
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
    key: Int32Array.of(7, -3),
    "slot of sequences": Int32Array.of(0, 1, 2, 0, 1, 2, 0, 1, 2),
    "example of sequences": Int32Array.of(4, 4, 4, 9, 9, 9, 2, 2, 2),
    "own set": Int32Array.of(0, 1, 2),
  },
  values: {
    "weights of tokens": Float32Array.of(0.1, 0.2, 0, 0.3, 0.1, 0.2, 0.1, 0.1, 0.4, 0, 0.1, 0.2, 0.1),
    "weights of needed": Float32Array.of(0.3, 0.2, 0.1, 0, 0.4),
    "weights of 7": Float32Array.of(0.2, 0.1, 0, 0.3, 0.1, 0.2, 0.1),
    gate: Float32Array.of(1, 0, 0.25),
  },
};

/** Makes the operands of a case; everything it makes is trained, so every gradient of the operation is derived. */
export class Operands {
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

export type Case = readonly [name: string, build: (operands: Operands) => Tensor];

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

function droppedPromptOf(o: Operands, keyWidth: number): AttentionPrompt {
  const { tensor: table, ...prompt } = promptOf(o, keyWidth, 1);
  const rows = { kind: "row-product" as const, space: o.sequences, times: 3 };
  const position = o.builder.index("slot of sequences", rows);
  const indices = { key: o.builder.index("key", 2), example: o.builder.index("example of sequences", rows), position };
  const copies = gather(o.builder, [{ table, index: position }]);
  const tensor = dropout(o.builder, copies, { indices, attributes: { share: 0.3, stream: 0 } });
  return { ...prompt, tensor, set: o.builder.index("own set", o.sequences) };
}

export const CASES: readonly Case[] = [
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
  [
    "dropout",
    (o) => {
      const [example, position] = [o.tokens.sequence, o.builder.index("sparse", o.tokens.space)];
      const indices = { key: o.builder.index("key", 2), example, position };
      return dropout(o.builder, o.rows("x", 21), { indices, attributes: { share: 0.4, stream: 3 } });
    },
  ],
  [
    "attention with a prompt dropped in each sequence",
    (o) => attentionCase(3, 7, { prompt: droppedPromptOf(o, 21) })(o),
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
