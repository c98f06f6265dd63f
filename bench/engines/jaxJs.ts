/**
 * jax-js: the whole step (loss, gradient, AdamW) as one function under `jit`, which fuses operations and records them once.
 * The same model as the other engines. In jax-js every use of an array takes ownership of it; `.ref` is a further use.
 */
import { defaultDevice, getWebGPUDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from "@jax-js/jax";
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

type NdArray = np.Array;
type Trained = { readonly prefix: NdArray; readonly weight: NdArray; readonly bias: NdArray };
type State = { readonly values: Trained; readonly first: Trained; readonly second: Trained };
/** Ids [B, T], one-hot labels [B, C], and the mask [B, 1, 1, P + T] where there is one. */
type BatchArrays = { readonly ids: NdArray; readonly labels: NdArray; readonly masks: NdArray[] };

export function jaxJsEngine(): BenchEngine {
  return { name: "jax-js", open: openJaxJs };
}

async function openJaxJs(problem: Problem): Promise<BenchSession> {
  await startWebGpu();
  const started = performance.now();
  const weights = uploadWeights(problem, upload);
  let state = startState(problem);
  const network = new Network(problem);
  const train = jit((was: State, frozen: EncoderWeights<NdArray>, batch: BatchArrays, rates: NdArray) =>
    trainingStep(network, was, frozen, batch, rates),
  );
  const batchOf = prepareBatches(problem, (batch) => padBatch(problem, batch));
  let last: NdArray | undefined;
  const device = getWebGPUDevice();
  return {
    openMilliseconds: performance.now() - started,
    async step(step) {
      last?.dispose();
      const { rate, epsilon } = correctedRates(step + 1);
      const [loss, next] = train(
        state,
        tree.ref(weights),
        batchArrays(problem, batchOf(step)),
        np.array([rate, epsilon]),
      );
      state = next;
      last = loss;
      await loss.blockUntilReady();
    },
    finish: () => device.queue.onSubmittedWorkDone(),
    loss: async () => (last === undefined ? Number.NaN : ((await last.ref.data())[0] ?? Number.NaN)),
    dispose() {
      last?.dispose();
      tree.dispose(state);
      tree.dispose(weights);
      train.dispose();
    },
  };
}

async function startWebGpu(): Promise<void> {
  const devices = await init("webgpu");
  if (!devices.includes("webgpu")) throw new Error("jax-js found no WebGPU adapter.");
  defaultDevice("webgpu");
}

function upload(values: Float32Array | Int32Array, shape: number[]): NdArray {
  return np.array(values, { shape });
}

function startState(problem: Problem): State {
  const { layers, width, heads } = problem.model.family.dimensions;
  const start = trainedStart(problem);
  const shapes = { prefix: [2 * layers, heads, problem.promptLength, width / heads], weight: [width, problem.classes] };
  const make = (values: (from: Float32Array) => Float32Array): Trained => ({
    prefix: upload(values(start.prefix), shapes.prefix),
    weight: upload(values(start.weight), shapes.weight),
    bias: upload(values(start.bias), [problem.classes]),
  });
  const zeros = (from: Float32Array): Float32Array => new Float32Array(from.length);
  return { values: make((from) => from), first: make(zeros), second: make(zeros) };
}

function batchArrays(problem: Problem, { ids, labels, mask, size }: PaddedBatch): BatchArrays {
  const { paddedTokens, promptLength, classes } = problem;
  return {
    ids: upload(ids, [size, paddedTokens]),
    labels: upload(labels, [size, classes]),
    masks: mask === undefined ? [] : [upload(mask, [size, 1, 1, promptLength + paddedTokens])],
  };
}

/** Loss before the update, and the state after it. `rates` holds AdamW's corrected rate and epsilon. */
function trainingStep(
  network: Network,
  was: State,
  frozen: EncoderWeights<NdArray>,
  batch: BatchArrays,
  rates: NdArray,
): [NdArray, State] {
  const differentiated = valueAndGrad((trained: Trained, weights: EncoderWeights<NdArray>, inputs: BatchArrays) =>
    network.loss(trained, weights, inputs),
  );
  const [loss, gradients] = differentiated(tree.ref(was.values), frozen, batch);
  const [rate, epsilon] = [...rates];
  if (rate === undefined || epsilon === undefined) throw new Error("AdamW needs a rate and an epsilon.");
  const prefix = update(was, gradients, "prefix", rate.ref, epsilon.ref);
  const weight = update(was, gradients, "weight", rate.ref, epsilon.ref);
  const bias = update(was, gradients, "bias", rate, epsilon);
  const collect = (part: keyof State): Trained => ({ prefix: prefix[part], weight: weight[part], bias: bias[part] });
  return [loss, { values: collect("values"), first: collect("first"), second: collect("second") }];
}

/** AdamW for one tensor: its new value and moments. */
function update(
  was: State,
  gradients: Trained,
  name: keyof Trained,
  rate: NdArray,
  epsilon: NdArray,
): Record<keyof State, NdArray> {
  const gradient = gradients[name];
  const first = was.first[name].mul(adamw.beta1).add(gradient.ref.mul(1 - adamw.beta1));
  const second = was.second[name].mul(adamw.beta2).add(np.square(gradient).mul(1 - adamw.beta2));
  const change = first.ref.mul(rate).div(np.sqrt(second.ref).add(epsilon));
  const values = was.values[name].mul(1 - adamw.learningRate * adamw.weightDecay).sub(change);
  return { values, first, second };
}

/** The forward pass. */
class Network {
  readonly #problem: Problem;

  constructor(problem: Problem) {
    this.#problem = problem;
  }

  /** Mean cross entropy of a batch. */
  loss(trained: Trained, weights: EncoderWeights<NdArray>, { ids, labels, masks }: BatchArrays): NdArray {
    const [size = 0] = labels.shape;
    const { width } = this.#problem.model.family.dimensions;
    const prompts = [...trained.prefix];
    const embedded = np.take(weights.words, ids, 0).add(weights.places);
    const { causal } = this.#problem.model.family;
    let x = causal ? embedded : norm(embedded, weights.norm);
    for (const [index, layer] of weights.layers.entries()) {
      const [keys, values] = prompts.slice(2 * index, 2 * index + 2);
      if (keys === undefined || values === undefined) throw new Error(`Layer ${index} has no prompt.`);
      x = this.#layer(x, layer, { keys, values, mask: (masks[0] ?? weights.masks[0])?.ref });
    }
    tree.dispose(masks);
    const at = causal ? this.#problem.paddedTokens - 1 : 0;
    const row = x.slice([], [at, at + 1], []).reshape([size, width]);
    const [pooler] = weights.poolers;
    // BERT's pooled row, or GPT-2's row behind its last norm.
    const pooled = pooler === undefined ? norm(row, weights.norm) : np.tanh(linear(row, pooler));
    tree.dispose(weights.masks);
    const logits = linear(pooled, { weight: trained.weight, bias: trained.bias });
    return np.mean(nn.logSoftmax(logits, -1).mul(labels).sum(-1)).neg();
  }

  #layer(x: NdArray, weights: LayerWeights<NdArray>, prompt: LayerPrompt): NdArray {
    const { attentionNorm, feedForwardNorm } = weights;
    const { causal } = this.#problem.model.family;
    const attend = (y: NdArray): NdArray => linear(this.#attend(y, weights, prompt), weights.output);
    if (causal) {
      const attended = attend(norm(x.ref, attentionNorm)).add(x);
      const inner = nn.gelu(linear(norm(attended.ref, feedForwardNorm), weights.up), { approximate: true });
      return linear(inner, weights.down).add(attended);
    }
    const attended = norm(attend(x.ref).add(x), attentionNorm);
    const inner = nn.gelu(linear(attended.ref, weights.up), { approximate: false });
    return norm(linear(inner, weights.down).add(attended), feedForwardNorm);
  }

  #attend(x: NdArray, weights: LayerWeights<NdArray>, { keys, values, mask }: LayerPrompt): NdArray {
    const { width, heads } = this.#problem.model.family.dimensions;
    const [size = 0, tokens = 0] = x.shape;
    const perHead = width / heads;
    const byHead = (y: NdArray): NdArray => y.reshape([size, tokens, heads, perHead]).transpose([0, 2, 1, 3]);
    const forBatch = (rows: NdArray): NdArray => np.broadcastTo(np.expandDims(rows, 0), [size, ...rows.shape]);
    const q = byHead(linear(x.ref, weights.query));
    const k = np.concatenate([forBatch(keys), byHead(linear(x.ref, weights.key))], 2);
    const v = np.concatenate([forBatch(values), byHead(linear(x, weights.value))], 2);
    const scaled = np.matmul(q, k.transpose([0, 1, 3, 2])).mul(1 / Math.sqrt(perHead));
    const scores = mask === undefined ? scaled : scaled.add(mask);
    return np.matmul(nn.softmax(scores, -1), v).transpose([0, 2, 1, 3]).reshape([size, tokens, width]);
  }
}

interface LayerPrompt {
  readonly keys: NdArray;
  readonly values: NdArray;
  readonly mask: NdArray | undefined;
}

function linear(x: NdArray, { weight, bias }: Linear<NdArray>): NdArray {
  return np.matmul(x, weight).add(bias);
}

function norm(x: NdArray, { gain, bias }: Norm<NdArray>): NdArray {
  return nn.standardize(x, -1, { epsilon: layerNormEpsilon }).mul(gain).add(bias);
}
