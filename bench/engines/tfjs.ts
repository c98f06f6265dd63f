/**
 * TensorFlow.js with its own differentiation, written by hand in its best form: `matMul` instead of the fused layer (whose
 * gradient also computes what frozen weights do not need), weights as [in, out], every constant made once and kept, the
 * deep prompt in one variable, all temporaries in one tidy. It runs on a device opened as the studio opens its own.
 */
import * as tf from "@tensorflow/tfjs-core";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { startBackend } from "../../src/engine/tfjs/backend.ts";
import { openDevice } from "../../src/engine/webgpu/device.ts";
import { layerNormEpsilon } from "../models.ts";
import { adamw, correctedRates, prepareBatches, type Problem } from "../problem.ts";
import type { BenchEngine, BenchSession } from "./engine.ts";
import {
  padBatch,
  trainedStart,
  uploadWeights,
  type EncoderWeights,
  type LayerWeights,
  type Linear,
  type Norm,
  type PaddedBatch,
} from "./weights.ts";

export function tfjsEngine(gpu: GPU): BenchEngine {
  return { name: "tfjs", open: (problem) => openTfjs(gpu, problem) };
}

async function openTfjs(gpu: GPU, problem: Problem): Promise<BenchSession> {
  const device = await openDevice(gpu);
  const started = performance.now();
  const backend = await startBackend("webgpu", { device: device.gpu });
  const network = new Network(problem);
  const training = new Training(problem);
  const batchOf = prepareBatches(problem, (batch) => padBatch(problem, batch));
  let loss: tf.Scalar | undefined;
  const openMilliseconds = performance.now() - started;
  return {
    openMilliseconds,
    step(step) {
      loss?.dispose();
      loss = training.step(step, () => network.loss(training, batchOf(step)));
      flush();
      return Promise.resolve();
    },
    finish: () => device.gpu.queue.onSubmittedWorkDone(),
    loss: async () => (await loss?.data())?.[0] ?? Number.NaN,
    dispose() {
      tf.disposeVariables();
      backend.close();
      device.close();
    },
  };
}

/** Submits what the backend still holds back; these three in this order, because submitting an idle encoder throws. */
function flush(): void {
  const backend = tf.backend();
  if (!(backend instanceof WebGPUBackend)) throw new Error("TensorFlow.js runs on another backend than webgpu.");
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.submitQueue();
}

/** A constant that is made once. Scalars given as numbers would be uploaded at every use. */
function constant(value: number): tf.Scalar {
  return tf.keep(tf.scalar(value));
}

/** The frozen encoder. */
class Network {
  readonly #problem: Problem;
  readonly #weights: EncoderWeights<tf.Tensor>;
  readonly #perHead: number;
  readonly #half = constant(0.5);
  readonly #one = constant(1);
  readonly #rootHalf = constant(Math.SQRT1_2);
  readonly #rootTwoOverPi = constant(Math.sqrt(2 / Math.PI));
  readonly #cubic = constant(0.044715);
  readonly #epsilon = constant(layerNormEpsilon);
  /** [D, 1] of 1/D: a mean as a product, because the gradient of `mean` uploads a tensor of ones at every use. */
  readonly #average: tf.Tensor;

  constructor(problem: Problem) {
    const { width, heads } = problem.model.family.dimensions;
    this.#problem = problem;
    this.#perHead = width / heads;
    this.#weights = withScaledQueries(
      uploadWeights(problem, (values, shape) => tf.keep(tf.tensor(values, shape))),
      1 / Math.sqrt(this.#perHead),
    );
    this.#average = tf.keep(tf.mul(tf.ones([width, 1]), 1 / width));
  }

  /** Mean cross entropy of a batch. */
  loss({ prefix, head }: Training, batch: PaddedBatch): tf.Scalar {
    const { paddedTokens, promptLength, classes, model } = this.#problem;
    const { width, heads } = model.family.dimensions;
    const prompts = tf.unstack(prefix).map((rows) => this.#forBatch(rows, batch.size));
    const [causal] = this.#weights.masks;
    const padding = batch.mask && tf.tensor(batch.mask, [batch.size, 1, 1, promptLength + paddedTokens]);
    const mask = padding ?? causal;
    let x = this.#embed(batch);
    for (const [index, layer] of this.#weights.layers.entries()) {
      const [keys, values] = prompts.slice(2 * index, 2 * index + 2);
      if (keys === undefined || values === undefined) throw new Error(`Layer ${index} has no prompt.`);
      x = this.#layer(x, layer, { keys, values, mask, sizes: [batch.size, paddedTokens, heads, this.#perHead] });
    }
    const rows = tf.reshape(x, [batch.size, paddedTokens, width]);
    const read = tf.slice(rows, [0, model.family.causal ? paddedTokens - 1 : 0, 0], [batch.size, 1, width]);
    const logits = linear(this.#pool(tf.reshape(read, [batch.size, width])), head);
    const targets = tf.tensor(batch.labels, [batch.size, classes]);
    return tf.neg(tf.mean(tf.sum(tf.mul(targets, tf.logSoftmax(logits)), -1)));
  }

  /** [H, P, d] → [B, H, P, d]. The gradient of broadcastTo is one sum; that of tile would be B slices. */
  #forBatch(rows: tf.Tensor, batch: number): tf.Tensor {
    return tf.broadcastTo(tf.expandDims(rows), [batch, ...rows.shape]);
  }

  /** What the head reads: BERT's pooled row, or GPT-2's row behind its last norm. */
  #pool(row: tf.Tensor): tf.Tensor {
    const [pooler] = this.#weights.poolers;
    return pooler === undefined ? this.#norm(row, this.#weights.norm) : tf.tanh(linear(row, pooler));
  }

  #embed({ ids, size }: PaddedBatch): tf.Tensor {
    const { words, places, norm } = this.#weights;
    const { paddedTokens, model } = this.#problem;
    const rows = tf.gather(words, tf.tensor(ids, [size, paddedTokens], "int32"));
    const sum = tf.reshape(tf.add(rows, places), [size * paddedTokens, model.family.dimensions.width]);
    return model.family.causal ? sum : this.#norm(sum, norm);
  }

  #layer(x: tf.Tensor, weights: LayerWeights<tf.Tensor>, attention: AttentionInputs): tf.Tensor {
    const { attentionNorm, feedForwardNorm } = weights;
    const attend = (y: tf.Tensor): tf.Tensor => linear(this.#attend(y, weights, attention), weights.output);
    if (this.#problem.model.family.causal) {
      const attended = tf.add(attend(this.#norm(x, attentionNorm)), x);
      const inner = this.#tanhGelu(linear(this.#norm(attended, feedForwardNorm), weights.up));
      return tf.add(linear(inner, weights.down), attended);
    }
    const attended = this.#norm(tf.add(attend(x), x), attentionNorm);
    const inner = this.#gelu(linear(attended, weights.up));
    return this.#norm(tf.add(linear(inner, weights.down), attended), feedForwardNorm);
  }

  #attend(x: tf.Tensor, weights: LayerWeights<tf.Tensor>, { keys, values, mask, sizes }: AttentionInputs): tf.Tensor {
    const byHead = (y: tf.Tensor): tf.Tensor => tf.transpose(tf.reshape(y, [...sizes]), [0, 2, 1, 3]);
    const q = byHead(linear(x, weights.query));
    const k = tf.concat([keys, byHead(linear(x, weights.key))], 2);
    const v = tf.concat([values, byHead(linear(x, weights.value))], 2);
    const products = tf.matMul(q, k, false, true);
    const scores = mask === undefined ? products : tf.add(products, mask);
    return tf.reshape(tf.transpose(tf.matMul(tf.softmax(scores), v), [0, 2, 1, 3]), x.shape);
  }

  #gelu(x: tf.Tensor): tf.Tensor {
    return tf.mul(tf.mul(x, this.#half), tf.add(tf.erf(tf.mul(x, this.#rootHalf)), this.#one));
  }

  /** GPT-2's: x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))). */
  #tanhGelu(x: tf.Tensor): tf.Tensor {
    const inner = tf.mul(tf.mul(x, this.#rootTwoOverPi), tf.add(tf.mul(tf.square(x), this.#cubic), this.#one));
    return tf.mul(tf.mul(x, this.#half), tf.add(tf.tanh(inner), this.#one));
  }

  #norm(x: tf.Tensor, { gain, bias }: Norm<tf.Tensor>): tf.Tensor {
    const centred = tf.sub(x, tf.matMul(x, this.#average));
    const variance = tf.matMul(tf.square(centred), this.#average);
    return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, this.#epsilon))), gain), bias);
  }
}

/** The frozen query weights times 1/√d, so that the scores need no scaling of their own. */
function withScaledQueries(weights: EncoderWeights<tf.Tensor>, scale: number): EncoderWeights<tf.Tensor> {
  const scaled = (tensor: tf.Tensor): tf.Tensor => tf.keep(tf.tidy(() => tf.mul(tensor, scale)));
  const layers = weights.layers.map((layer) => ({
    ...layer,
    query: { weight: scaled(layer.query.weight), bias: scaled(layer.query.bias) },
  }));
  return { ...weights, layers };
}

interface AttentionInputs {
  readonly keys: tf.Tensor;
  readonly values: tf.Tensor;
  readonly mask: tf.Tensor | undefined;
  /** B, T, H, d. */
  readonly sizes: readonly [number, number, number, number];
}

function linear(x: tf.Tensor, { weight, bias }: Linear<tf.Tensor>): tf.Tensor {
  return tf.add(tf.matMul(x, weight), bias);
}

interface Trained {
  readonly value: tf.Variable;
  readonly first: tf.Variable;
  readonly second: tf.Variable;
}

/** What is trained, and AdamW for it: TensorFlow.js has Adam alone. */
class Training {
  readonly #trained: readonly Trained[];
  readonly #beta1 = constant(adamw.beta1);
  readonly #beta2 = constant(adamw.beta2);
  readonly #rest1 = constant(1 - adamw.beta1);
  readonly #rest2 = constant(1 - adamw.beta2);
  readonly #decay = constant(1 - adamw.learningRate * adamw.weightDecay);
  /** [2·L, H, P, d]. */
  readonly prefix: tf.Variable;
  readonly head: Linear<tf.Variable>;

  constructor(problem: Problem) {
    const { layers, width, heads } = problem.model.family.dimensions;
    const start = trainedStart(problem);
    this.prefix = tf.variable(tf.tensor(start.prefix, [2 * layers, heads, problem.promptLength, width / heads]));
    this.head = {
      weight: tf.variable(tf.tensor(start.weight, [width, problem.classes])),
      bias: tf.variable(tf.tensor(start.bias, [problem.classes])),
    };
    this.#trained = [this.prefix, this.head.weight, this.head.bias].map((value) => ({
      value,
      first: tf.variable(tf.zerosLike(value)),
      second: tf.variable(tf.zerosLike(value)),
    }));
  }

  /** Differentiates, updates and returns the loss before the update. */
  step(step: number, loss: () => tf.Scalar): tf.Scalar {
    return tf.tidy(() => {
      const { value, grads } = tf.variableGrads(
        loss,
        this.#trained.map((trained) => trained.value),
      );
      const corrected = correctedRates(step + 1);
      const rates = { rate: tf.scalar(corrected.rate), epsilon: tf.scalar(corrected.epsilon) };
      for (const trained of this.#trained) this.#update(trained, gradientOf(grads, trained.value), rates);
      return value;
    });
  }

  #update(
    { value, first, second }: Trained,
    gradient: tf.Tensor,
    rates: { rate: tf.Scalar; epsilon: tf.Scalar },
  ): void {
    const m = tf.add(tf.mul(first, this.#beta1), tf.mul(gradient, this.#rest1));
    const v = tf.add(tf.mul(second, this.#beta2), tf.mul(tf.square(gradient), this.#rest2));
    const change = tf.div(tf.mul(m, rates.rate), tf.add(tf.sqrt(v), rates.epsilon));
    first.assign(m);
    second.assign(v);
    value.assign(tf.sub(tf.mul(value, this.#decay), change));
  }
}

function gradientOf(gradients: tf.NamedTensorMap, variable: tf.Variable): tf.Tensor {
  const gradient = gradients[variable.name];
  if (gradient === undefined) throw new Error(`TensorFlow.js gave no gradient for ${variable.name}.`);
  return gradient;
}
