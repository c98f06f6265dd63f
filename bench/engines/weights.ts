/** Weights as hand-written engines want them: linear layers as [in, out], deep prompts split by layer and head. */
import { trainedNames, type Batch, type Problem } from "../problem.ts";

/**
 * One layer's weights by short names; matrices are [in, out]. Types and not interfaces, because jax-js takes only types as
 * trees of arrays.
 */
export type LayerWeights<Value> = {
  readonly query: Linear<Value>;
  readonly key: Linear<Value>;
  readonly value: Linear<Value>;
  readonly output: Linear<Value>;
  readonly up: Linear<Value>;
  readonly down: Linear<Value>;
  /** Behind the residual sums of the two blocks in BERT, in front of the blocks in GPT-2. */
  readonly attentionNorm: Norm<Value>;
  readonly feedForwardNorm: Norm<Value>;
};

export type Linear<Value> = { readonly weight: Value; readonly bias: Value };
export type Norm<Value> = { readonly gain: Value; readonly bias: Value };

export type EncoderWeights<Value> = {
  readonly words: Value;
  /** Position (and in BERT type-0) embeddings of rows P to P + T, summed: [T, D]. */
  readonly places: Value;
  /** Of the embeddings in BERT, of the last layer's output in GPT-2. */
  readonly norm: Norm<Value>;
  readonly layers: LayerWeights<Value>[];
  /** What is between the row that is read and the head: one layer in BERT, none in GPT-2. */
  readonly poolers: Linear<Value>[];
  /** What a token does not see, as −1e9, in a causal model: [1, 1, T, P + T]. None in others. */
  readonly masks: Value[];
};

/** Puts an array on the device. */
export type Upload<Value> = (values: Float32Array, shape: number[]) => Value;

/** Uploads everything frozen. Texts of the benchmark are single sentences, so every token has type 0. */
export function uploadWeights<Value>(problem: Problem, upload: Upload<Value>): EncoderWeights<Value> {
  return problem.model.family.causal ? uploadGpt2(problem, upload) : uploadBert(problem, upload);
}

function uploadBert<Value>(problem: Problem, upload: Upload<Value>): EncoderWeights<Value> {
  const { read, vector, norm } = readers(problem, upload);
  const linear = (name: string): Linear<Value> => {
    const { values, rows, width } = read(`${name}.weight`);
    return { weight: upload(transposed(values, rows, width), [width, rows]), bias: vector(`${name}.bias`) };
  };
  const layer = (index: number): LayerWeights<Value> => {
    const name = `encoder.layer.${index}`;
    return {
      query: linear(`${name}.attention.self.query`),
      key: linear(`${name}.attention.self.key`),
      value: linear(`${name}.attention.self.value`),
      output: linear(`${name}.attention.output.dense`),
      up: linear(`${name}.intermediate.dense`),
      down: linear(`${name}.output.dense`),
      attentionNorm: norm(`${name}.attention.output.LayerNorm`),
      feedForwardNorm: norm(`${name}.output.LayerNorm`),
    };
  };
  const { layers, width } = problem.model.family.dimensions;
  const words = read("embeddings.word_embeddings.weight");
  const positions = read("embeddings.position_embeddings.weight").values;
  const types = read("embeddings.token_type_embeddings.weight").values;
  const places = placeRows(problem, positions).map((value, index) => value + (types[index % width] ?? 0));
  return {
    words: upload(words.values, [words.rows, width]),
    places: upload(places, [problem.paddedTokens, width]),
    norm: norm("embeddings.LayerNorm"),
    layers: Array.from({ length: layers }, (_, index) => layer(index)),
    poolers: [linear("pooler.dense")],
    masks: [],
  };
}

/** GPT-2 keeps its matrices [in, out] already, and queries, keys and values side by side in one. */
function uploadGpt2<Value>(problem: Problem, upload: Upload<Value>): EncoderWeights<Value> {
  const { read, norm } = readers(problem, upload);
  const { layers, width } = problem.model.family.dimensions;
  const linear = (name: string, first = 0, columns = read(`${name}.bias`).width): Linear<Value> => {
    const [weight, bias] = [read(`${name}.weight`), read(`${name}.bias`)];
    const cut = columnsOf(weight.values, weight.width, first, columns);
    return {
      weight: upload(cut, [weight.rows, columns]),
      bias: upload(bias.values.slice(first, first + columns), [columns]),
    };
  };
  const layer = (index: number): LayerWeights<Value> => {
    const name = `h.${index}`;
    return {
      query: linear(`${name}.attn.c_attn`, 0, width),
      key: linear(`${name}.attn.c_attn`, width, width),
      value: linear(`${name}.attn.c_attn`, 2 * width, width),
      output: linear(`${name}.attn.c_proj`),
      up: linear(`${name}.mlp.c_fc`),
      down: linear(`${name}.mlp.c_proj`),
      attentionNorm: norm(`${name}.ln_1`),
      feedForwardNorm: norm(`${name}.ln_2`),
    };
  };
  const { paddedTokens: tokens, promptLength } = problem;
  const words = read("wte.weight");
  return {
    words: upload(words.values, [words.rows, width]),
    places: upload(placeRows(problem, read("wpe.weight").values), [tokens, width]),
    norm: norm("ln_f"),
    layers: Array.from({ length: layers }, (_, index) => layer(index)),
    poolers: [],
    masks: [upload(causalMask(tokens, promptLength), [1, 1, tokens, promptLength + tokens])],
  };
}

function readers<Value>(problem: Problem, upload: Upload<Value>) {
  const { family, weights } = problem.model;
  const shapes = new Map(family.weights.map((shape) => [shape.name, shape]));
  const read = (name: string) => {
    const [shape, values] = [shapes.get(name), weights.get(name)];
    if (shape === undefined || values === undefined) throw new Error(`The model has no weight "${name}".`);
    return { ...shape, values };
  };
  const vector = (name: string): Value => {
    const { values, width } = read(name);
    return upload(values, [width]);
  };
  const norm = (name: string): Norm<Value> => ({ gain: vector(`${name}.weight`), bias: vector(`${name}.bias`) });
  return { read, vector, norm };
}

/** A token sees the whole prompt and the tokens up to itself. */
function causalMask(tokens: number, promptLength: number): Float32Array {
  const keys = promptLength + tokens;
  return Float32Array.from({ length: tokens * keys }, (_, at) =>
    at % keys > promptLength + Math.floor(at / keys) ? masked : 0,
  );
}

/** `count` columns of [rows, width] from `first` on. */
function columnsOf(values: Float32Array, width: number, first: number, count: number): Float32Array {
  if (count === width) return values;
  const rows = values.length / width;
  const result = new Float32Array(rows * count);
  for (let row = 0; row < rows; row++) {
    result.set(values.subarray(row * width + first, row * width + first + count), row * count);
  }
  return result;
}

/** Position embeddings of the tokens behind the prompt. */
function placeRows({ promptLength, paddedTokens, model }: Problem, positions: Float32Array): Float32Array {
  const { width } = model.family.dimensions;
  return positions.slice(promptLength * width, (promptLength + paddedTokens) * width);
}

/** [rows, columns] → [columns, rows]. */
function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) result[column * rows + row] = values[row * columns + column] ?? 0;
  }
  return result;
}

/** Start values of what is trained: prefix [2·L, H, P, d], head weight [D, C] and bias [C]. */
export interface TrainedStart {
  readonly prefix: Float32Array;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

export function trainedStart({ initial, promptLength, model, classes }: Problem): TrainedStart {
  const { layers, width, heads } = model.family.dimensions;
  const read = (name: string): Float32Array => initial.get(name) ?? fail(`The problem has no start value "${name}".`);
  const [source, columns, perHead] = [read(trainedNames.prefix), layers * 2 * width, width / heads];
  const prefix = new Float32Array(source.length);
  let at = 0;
  for (let set = 0; set < 2 * layers; set++) {
    for (let head = 0; head < heads; head++) {
      for (let slot = 0; slot < promptLength; slot++) {
        const from = slot * columns + set * width + head * perHead;
        prefix.set(source.subarray(from, from + perHead), at);
        at += perHead;
      }
    }
  }
  return { prefix, weight: transposed(read(trainedNames.weight), classes, width), bias: read(trainedNames.bias) };
}

function fail(message: string): never {
  throw new Error(message);
}

/** A batch padded to one length: ids [B, T], labels as one-hot rows [B, C], and −1e9 where a key is padding [B, P + T]. */
export interface PaddedBatch {
  readonly size: number;
  readonly ids: Int32Array;
  readonly labels: Float32Array;
  /** Absent where nothing is padded. */
  readonly mask?: Float32Array;
}

const masked = -1e9;

export function padBatch(problem: Problem, batch: Batch): PaddedBatch {
  const { paddedTokens, promptLength, classes } = problem;
  const size = batch.length;
  const keys = promptLength + paddedTokens;
  const ids = new Int32Array(size * paddedTokens);
  const labels = new Float32Array(size * classes);
  const mask = new Float32Array(size * keys);
  for (const [row, { ids: tokens, label }] of batch.entries()) {
    ids.set(tokens, row * paddedTokens);
    labels[row * classes + label] = 1;
    mask.fill(masked, row * keys + promptLength + tokens.length, (row + 1) * keys);
  }
  const isPadded = mask.includes(masked);
  if (isPadded && problem.model.family.causal) {
    throw new Error("TensorFlow.js and jax-js run GPT-2 on texts of one length only; measure it with --parts equal.");
  }
  return { size, ids, labels, ...(isPadded ? { mask } : {}) };
}
