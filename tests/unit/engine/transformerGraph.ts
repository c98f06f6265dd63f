/**
 * A small random transformer as a graph, with everything the operations allow: deep prompts in sets with gates, a soft
 * prompt among the tokens, grouped heads, fewer query rows than key rows in the last layer. Not a model family.
 */
import type { ParameterShape, StepValues, UpdateSettings } from "../../../src/engine/executor.ts";
import { Builder } from "../../../src/engine/graph/builder.ts";
import type { Graph } from "../../../src/engine/graph/graph.ts";
import { activation, type ActivationKind } from "../../../src/engine/graph/operations/activation.ts";
import { add } from "../../../src/engine/graph/operations/add.ts";
import { attention } from "../../../src/engine/graph/operations/attention.ts";
import { crossEntropy } from "../../../src/engine/graph/operations/crossEntropy.ts";
import { gather, type GatherTerm } from "../../../src/engine/graph/operations/gather.ts";
import { layerNorm } from "../../../src/engine/graph/operations/layerNorm.ts";
import { matmul } from "../../../src/engine/graph/operations/matmul.ts";
import type { RowCounts, Segments, Tensor } from "../../../src/engine/graph/tensor.ts";
import { normalValues, randomStream } from "../../../src/lib/random.ts";

export interface TransformerOptions {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly feedForward: number;
  readonly vocabulary: number;
  readonly classes: number;
  /** Deep prompt slots per layer; 0 for none. */
  readonly prefix: number;
  /** Lowest layer with a deep prompt, from 0. */
  readonly promptedFrom: number;
  readonly sets: number;
  readonly gated: boolean;
  /** Soft prompt rows, gathered among the tokens by `tokens.soft`; 0 for none. */
  readonly soft: number;
  readonly causal: boolean;
  readonly activation: ActivationKind;
  readonly trainBackbone: boolean;
}

export const SMALL: TransformerOptions = {
  layers: 2,
  width: 12,
  heads: 3,
  keyValueHeads: 3,
  feedForward: 10,
  vocabulary: 17,
  classes: 5,
  prefix: 3,
  promptedFrom: 0,
  sets: 1,
  gated: false,
  soft: 2,
  causal: false,
  activation: "gelu",
  trainBackbone: false,
};

/** The graph with objective and the outputs `loss`, `correct`, `logits`. Row spaces: tokens, sequences, needed. */
export function transformerGraph(options: TransformerOptions): Graph {
  const builder = new Builder();
  const spaces = { tokens: builder.rowSpace("tokens"), sequences: builder.rowSpace("sequences") };
  const tokens = builder.segments(spaces.tokens, spaces.sequences);
  const needed = builder.segments(builder.rowSpace("needed"), spaces.sequences);
  const backbone = options.trainBackbone ? "backbone" : undefined;
  const weight: Weight = (name, rows, width, group = backbone) =>
    builder.parameter({ name, rows, width, ...(group === undefined ? {} : { group }) });
  let hidden = embed(builder, weight, tokens, options);
  for (let layer = 0; layer < options.layers; layer++) {
    const queries = layer === options.layers - 1 ? needed : tokens;
    hidden = transformerLayer(builder, weight, { hidden, layer, tokens, queries, options });
  }
  const classifier = weight("classifier.weight", options.classes, options.width, "head");
  const bias = weight("classifier.bias", 1, options.classes, "head");
  const logits = matmul(builder, hidden, classifier, { transposeB: true, bias, label: "logits" });
  const labels = builder.index("labels", needed.space);
  const losses = crossEntropy(builder, logits, { labels, weights: builder.values("weights", needed.space) });
  builder.objective(losses);
  builder.output("loss", losses.loss);
  builder.output("correct", losses.correct);
  builder.output("logits", logits);
  return builder.finish();
}

type Weight = (name: string, rows: number, width: number, group?: string) => Tensor;

function embed(builder: Builder, weight: Weight, tokens: Segments, options: TransformerOptions): Tensor {
  const { space } = tokens;
  const term = (table: Tensor, index: string): GatherTerm => ({ table, index: builder.index(index, space) });
  const terms = [term(weight("word", options.vocabulary, options.width), "tokens.word")];
  if (options.soft > 0) terms.push(term(weight("soft", options.soft, options.width, "prompt"), "tokens.soft"));
  return gather(builder, terms, "embeddings");
}

interface LayerInputs {
  readonly hidden: Tensor;
  readonly layer: number;
  readonly tokens: Segments;
  readonly queries: Segments;
  readonly options: TransformerOptions;
}

function transformerLayer(builder: Builder, weight: Weight, inputs: LayerInputs): Tensor {
  const { hidden, layer, tokens, queries, options } = inputs;
  const { width, feedForward } = options;
  const linear = (x: Tensor, name: string, outputs: number): Tensor => {
    const bias = weight(`${layer}.${name}.bias`, 1, outputs);
    return matmul(builder, x, weight(`${layer}.${name}`, outputs, x.width), { transposeB: true, bias });
  };
  const norm = (x: Tensor, name: string): Tensor =>
    layerNorm(builder, x, {
      gain: weight(`${layer}.${name}.gain`, 1, width),
      bias: weight(`${layer}.${name}.bias`, 1, width),
      epsilon: 1e-5,
    });
  const keyWidth = (width / options.heads) * options.keyValueHeads;
  const rows =
    queries.space === tokens.space
      ? hidden
      : gather(builder, [{ table: hidden, index: builder.index("needed.token", queries.space) }], "needed rows");
  const attended = attention(builder, {
    q: linear(rows, "query", width),
    k: linear(hidden, "key", keyWidth),
    v: linear(hidden, "value", keyWidth),
    queries,
    keys: tokens,
    heads: options.heads,
    keyValueHeads: options.keyValueHeads,
    causal: options.causal,
    ...deepPrompt(builder, weight, layer, keyWidth, options),
  });
  const middle = norm(add(builder, linear(attended, "output", width), rows), "attentionNorm");
  const wide = activation(builder, linear(middle, "up", feedForward), options.activation);
  // The down projection is stored [in, out], as GPT-2 stores it.
  const down = matmul(builder, wide, weight(`${layer}.down`, feedForward, width), {
    bias: weight(`${layer}.down.bias`, 1, width),
  });
  return norm(add(builder, down, middle), "outputNorm");
}

function deepPrompt(builder: Builder, weight: Weight, layer: number, keyWidth: number, options: TransformerOptions) {
  const { prefix, sets, gated, layers, promptedFrom } = options;
  if (prefix === 0 || layer < promptedFrom) return {};
  const place = layer - promptedFrom;
  return {
    prompt: {
      tensor: weight("prefix", sets * prefix, (layers - promptedFrom) * 2 * keyWidth, "prompt"),
      length: prefix,
      keyColumn: 2 * place * keyWidth,
      valueColumn: (2 * place + 1) * keyWidth,
      ...(sets > 1 ? { set: builder.index("set", builder.rowSpace("sequences")) } : {}),
      ...(gated ? { gate: builder.values("gate", prefix) } : {}),
    },
  };
}

/** Shapes of a graph's parameters, for `createParameters`. */
export function shapesOf(graph: Graph): ParameterShape[] {
  return graph.parameters.flatMap(({ parameter }) => (parameter === undefined ? [] : [parameter]));
}

/** Random values; layer norm gains near 1, everything else wide enough that attention and logits are far from uniform. */
export function randomParameters(graph: Graph, seed: number, scale = 0.4): Map<string, Float32Array> {
  return new Map(
    shapesOf(graph).map(({ name, rows, width }) => {
      const values = normalValues(randomStream(seed, name), rows * width, scale);
      return [name, name.endsWith(".gain") ? values.map((value) => 1 + value) : values];
    }),
  );
}

/**
 * A step with sequences of these lengths. The first `soft` rows of every sequence are soft prompt rows; the last one or two
 * rows of every sequence are needed. One row has weight 0.
 */
export function randomStep(options: TransformerOptions, lengths: readonly number[], seed: number): StepValues {
  const stream = randomStream(seed, "step");
  const tokens = lengths.flatMap((length, sequence) =>
    Array.from({ length }, (_, place) => ({ sequence, place, length })),
  );
  const isSoft = tokens.map(({ place }) => place < options.soft);
  const needed = tokens.flatMap(({ sequence, place, length }, row) =>
    place >= length - 1 - (sequence % 2) ? [{ sequence, row }] : [],
  );
  const counts: RowCounts = { tokens: tokens.length, sequences: lengths.length, needed: needed.length };
  return {
    counts,
    indices: {
      "tokens.offsets": offsetsOf(lengths),
      "tokens.sequence": Int32Array.from(tokens, ({ sequence }) => sequence),
      "tokens.word": Int32Array.from(isSoft, (soft) => (soft ? -1 : Math.floor(stream.uniform() * options.vocabulary))),
      "tokens.soft": Int32Array.from(tokens, ({ place }) => (place < options.soft ? place : -1)),
      "needed.offsets": offsetsOf(
        lengths.map((_, sequence) => needed.filter((row) => row.sequence === sequence).length),
      ),
      "needed.sequence": Int32Array.from(needed, ({ sequence }) => sequence),
      "needed.token": Int32Array.from(needed, ({ row }) => row),
      labels: Int32Array.from(needed, () => Math.floor(stream.uniform() * options.classes)),
      set: Int32Array.from(lengths, (_, sequence) => sequence % options.sets),
    },
    values: {
      weights: Float32Array.from(needed, (_, row) => (row === 1 ? 0 : 1 / needed.length)),
      gate: Float32Array.from({ length: options.prefix }, (_, slot) => (slot === 1 ? 0 : 0.5 + slot)),
    },
  };
}

function offsetsOf(lengths: readonly number[]): Int32Array {
  const offsets = new Int32Array(lengths.length + 1);
  for (const [place, length] of lengths.entries()) offsets[place + 1] = (offsets[place] ?? 0) + length;
  return offsets;
}

/** AdamW settings with every group of this graph active. */
export function updateSettings(changes: Partial<UpdateSettings> = {}): UpdateSettings {
  const group = { learningRateScale: 1, weightDecay: 0.01, active: true };
  const groups = { prompt: group, head: group, backbone: group };
  return { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: 1, groups, ...changes };
}
