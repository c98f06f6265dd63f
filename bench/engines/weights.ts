/** Weights as hand-written engines want them: linear layers transposed to [in, out], deep prompts split by layer and head. */
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
  readonly outputNorm: Norm<Value>;
  readonly up: Linear<Value>;
  readonly down: Linear<Value>;
  readonly downNorm: Norm<Value>;
};

export type Linear<Value> = { readonly weight: Value; readonly bias: Value };
export type Norm<Value> = { readonly gain: Value; readonly bias: Value };

export type EncoderWeights<Value> = {
  readonly words: Value;
  /** Position and type-0 embeddings of rows P to P + T, summed: [T, D]. */
  readonly places: Value;
  readonly norm: Norm<Value>;
  readonly layers: LayerWeights<Value>[];
  readonly pooler: Linear<Value>;
};

/** Puts an array on the device. */
export type Upload<Value> = (values: Float32Array, shape: number[]) => Value;

/** Uploads everything frozen. Texts of the benchmark are single sentences, so every token has type 0. */
export function uploadWeights<Value>(problem: Problem, upload: Upload<Value>): EncoderWeights<Value> {
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
  const linear = (name: string): Linear<Value> => {
    const { values, rows, width } = read(`${name}.weight`);
    return { weight: upload(transposed(values, rows, width), [width, rows]), bias: vector(`${name}.bias`) };
  };
  const norm = (name: string): Norm<Value> => ({
    gain: vector(`${name}.LayerNorm.weight`),
    bias: vector(`${name}.LayerNorm.bias`),
  });
  const layer = (index: number): LayerWeights<Value> => {
    const name = `encoder.layer.${index}`;
    return {
      query: linear(`${name}.attention.self.query`),
      key: linear(`${name}.attention.self.key`),
      value: linear(`${name}.attention.self.value`),
      output: linear(`${name}.attention.output.dense`),
      outputNorm: norm(`${name}.attention.output`),
      up: linear(`${name}.intermediate.dense`),
      down: linear(`${name}.output.dense`),
      downNorm: norm(`${name}.output`),
    };
  };
  const { layers, width } = family.dimensions;
  const words = read("embeddings.word_embeddings.weight");
  const places = placeRows(
    problem,
    read("embeddings.position_embeddings.weight").values,
    read("embeddings.token_type_embeddings.weight").values,
  );
  return {
    words: upload(words.values, [words.rows, width]),
    places: upload(places, [problem.paddedTokens, width]),
    norm: norm("embeddings"),
    layers: Array.from({ length: layers }, (_, index) => layer(index)),
    pooler: linear("pooler.dense"),
  };
}

function placeRows(
  { promptLength, paddedTokens, model }: Problem,
  positions: Float32Array,
  types: Float32Array,
): Float32Array {
  const { width } = model.family.dimensions;
  const rows = positions.slice(promptLength * width, (promptLength + paddedTokens) * width);
  return rows.map((value, index) => value + (types[index % width] ?? 0));
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
  return { size, ids, labels, ...(mask.includes(masked) ? { mask } : {}) };
}
