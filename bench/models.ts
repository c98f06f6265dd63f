/**
 * The models of the benchmark: the built-in encoder with its own weights, and random weights in the shapes of well-known
 * encoders and of GPT-2. Speed does not depend on the values, so nothing is downloaded. Random models borrow the built-in tokenizer.
 */
import { readModelFolder } from "../src/cli/files.ts";
import { configureModel } from "../src/models/index.ts";
import type { LoadedModel } from "../src/models/loadModel.ts";

export interface EncoderShape {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly feedForward: number;
  readonly vocabulary: number;
  readonly positions: number;
}

const builtIn = "encoder-l4-d128";
const bertVocabulary = 30_522;
const epsilon = 1e-12;

/** BERT's usual proportions: heads of 64 columns, feed-forward four times the width. */
function bertShape(layers: number, width: number, rest: Partial<EncoderShape> = {}): EncoderShape {
  const sizes = { layers, width, heads: width / 64, feedForward: 4 * width };
  return { ...sizes, vocabulary: bertVocabulary, positions: 512, ...rest };
}

/** Shapes of random models by name. DistilBERT stands for BERT with its sizes; its own block differs in nothing timed. */
export const encoderShapes: Readonly<Record<string, EncoderShape>> = {
  "encoder-l2-d64": bertShape(2, 64, { heads: 2, vocabulary: 8192, positions: 256 }),
  "encoder-l4-d256": bertShape(4, 256, { vocabulary: 8192, positions: 256 }),
  "encoder-l12-d64": bertShape(12, 64, { heads: 4, vocabulary: 8192, positions: 256 }),
  "bert-tiny": bertShape(2, 128),
  "bert-mini": bertShape(4, 256),
  "bert-small": bertShape(4, 512),
  distilbert: bertShape(6, 768),
  "bert-base": bertShape(12, 768),
};

/** `gpt2-tiny` is small enough for software adapters. */
export const decoderShapes: Readonly<Record<string, EncoderShape>> = {
  "gpt2-tiny": { layers: 2, width: 128, heads: 2, feedForward: 512, vocabulary: 8192, positions: 256 },
  gpt2: { layers: 12, width: 768, heads: 12, feedForward: 3072, vocabulary: 50_257, positions: 1024 },
};

export const modelNames: readonly string[] = [builtIn, ...Object.keys(encoderShapes), ...Object.keys(decoderShapes)];

/** A model by name. @throws naming the known ones */
export async function openModel(name: string): Promise<LoadedModel> {
  if (name === builtIn) return readModelFolder(builtIn);
  const decoder = decoderShapes[name];
  if (decoder !== undefined) return randomModel(name, decoder, gpt2Config);
  const shape = encoderShapes[name];
  if (shape === undefined) throw new Error(`There is no model "${name}" (${modelNames.join(", ")}).`);
  return randomModel(name, shape);
}

/** Random weights in a shape; `configOf` says of which architecture. */
export async function randomModel(name: string, shape: EncoderShape, configOf = bertConfig): Promise<LoadedModel> {
  const { tokenizer } = await readModelFolder(builtIn);
  const family = configureModel(configOf(shape));
  const weights = new Map(family.weights.map((weight, index) => [weight.name, randomWeight(weight, index + 1)]));
  const bytes = [...weights.values()].reduce((sum, values) => sum + values.byteLength, 0);
  return { id: name, family, tokenizer, weights, hash: "", bytes, unexpected: [] };
}

/** config.json of such an encoder, as Hugging Face writes it. */
export function bertConfig(shape: EncoderShape): Record<string, unknown> {
  return {
    model_type: "bert",
    architectures: ["BertForSequenceClassification"],
    hidden_size: shape.width,
    num_hidden_layers: shape.layers,
    num_attention_heads: shape.heads,
    intermediate_size: shape.feedForward,
    vocab_size: shape.vocabulary,
    max_position_embeddings: shape.positions,
    type_vocab_size: 2,
    layer_norm_eps: epsilon,
    hidden_act: "gelu",
  };
}

/** config.json of GPT-2 in this shape, as Hugging Face writes it but for the epsilon. */
export function gpt2Config(shape: EncoderShape): Record<string, unknown> {
  return {
    model_type: "gpt2",
    architectures: ["GPT2LMHeadModel"],
    n_embd: shape.width,
    n_layer: shape.layers,
    n_head: shape.heads,
    n_inner: shape.feedForward,
    vocab_size: shape.vocabulary,
    n_positions: shape.positions,
    layer_norm_epsilon: epsilon,
    activation_function: "gelu_new",
  };
}

/** Layer norm's epsilon of every model here: BERT's own, which the built-in encoder shares. */
export const layerNormEpsilon = epsilon;

/** Scales that keep activations near one, so that attention is not uniform and a fault would show in the loss. */
function randomWeight(
  { name, rows, width }: { name: string; rows: number; width: number },
  seed: number,
): Float32Array {
  if (isGain(name)) return randomNormal(seed, width, 0.1).map((value) => 1 + value);
  if (name.endsWith(".bias")) return randomNormal(seed, width, 0.1);
  if (/^(embeddings\.|wte|wpe)/u.test(name)) return randomNormal(seed, rows * width, 1);
  const inputs = name.startsWith("h.") ? rows : width;
  return randomNormal(seed, rows * width, 1.4 / Math.sqrt(inputs));
}

/** Whether a weight is a layer norm's gain. */
function isGain(name: string): boolean {
  return /(LayerNorm|ln_1|ln_2|ln_f)\.weight$/u.test(name);
}

/**
 * Nearly normal numbers: the sum of four uniform ones (Irwin & Hall) from mulberry32. BERT-base has 110 million weights,
 * for which the studio's own random streams would take most of a minute.
 */
export function randomNormal(seed: number, length: number, scale: number): Float32Array {
  const values = new Float32Array(length);
  let state = Math.imul(seed, 0x9e3779b1);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < length; i++) values[i] = (next() + next() + next() + next() - 2) * Math.sqrt(3) * scale;
  return values;
}
