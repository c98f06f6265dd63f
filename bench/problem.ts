/**
 * What every engine of the benchmark trains: one BERT or GPT-2 with deep prompts in all layers and a linear head, the same
 * weights, start values, batches and AdamW settings. Nothing here knows an engine.
 */
import type { Experiment } from "../src/config/experiment.ts";
import { randomStream } from "../src/lib/random.ts";
import type { LoadedModel } from "../src/models/loadModel.ts";
import type { PreparedData } from "../src/training/prepareData.ts";
import { randomNormal } from "./models.ts";

/**
 * `equal`: every engine computes the same rows, padded to one length, and no result is reused. `savings`: each engine at
 * its best on texts of different lengths; the studio packs rows and skips what nobody reads, the others pad.
 */
export type WorkMode = "equal" | "savings";

/** One text as tokens, all of type 0, and its class. */
export interface BenchExample {
  readonly ids: Int32Array;
  readonly label: number;
}

export type Batch = readonly BenchExample[];

export interface Problem {
  readonly model: LoadedModel;
  readonly mode: WorkMode;
  readonly promptLength: number;
  readonly classes: number;
  /** Tokens per sequence where an engine pads; no example is longer. */
  readonly paddedTokens: number;
  /** Step n trains on batch n modulo their number. All have the same size. */
  readonly batches: readonly Batch[];
  /** `prefix` [P, L·2·D] with row [K₀|V₀|K₁|V₁|…], head weight [C, D] and bias [1, C]. */
  readonly initial: ReadonlyMap<string, Float32Array>;
  /** The same run as the studio's own loop describes it; absent in equal work. */
  readonly product?: ProductRun;
}

export interface ProductRun {
  readonly experiment: Experiment;
  readonly data: PreparedData;
}

/** Names of what is trained, as PEFT and transformers have them. */
export const trainedNames = { prefix: "prefix", weight: "classifier.weight", bias: "classifier.bias" } as const;

/** AdamW as in torch.optim.AdamW, one rate for all trained tensors, no clipping. */
export const adamw = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 } as const;

export interface ProblemSizes {
  readonly promptLength: number;
  readonly batchSize: number;
  readonly tokens: number;
}

const classes = 2;
const seed = 1;
const equalBatches = 4;
/** Large enough that the prompt matters to the loss from the first step on. */
const promptScale = 0.5;
const headScale = 0.3;

/** Batches of random token ids, every sequence as long as `tokens`. */
export function equalProblem(model: LoadedModel, sizes: ProblemSizes): Problem {
  const random = randomStream(seed, "benchmark tokens");
  const { vocabulary } = model.family.dimensions;
  const example = (index: number): BenchExample => ({
    ids: Int32Array.from({ length: sizes.tokens }, () => random.integer(vocabulary)),
    label: index % classes,
  });
  const batches = Array.from({ length: equalBatches }, () =>
    Array.from({ length: sizes.batchSize }, (_, index) => example(index)),
  );
  return { ...common(model, sizes), mode: "equal", batches };
}

/** The examples of a prepared run in their order; `tokens` is what engines without packing pad to. */
export function productProblem(model: LoadedModel, sizes: ProblemSizes, product: ProductRun): Problem {
  const { batchSize } = sizes;
  const { sequences } = product.data.train;
  const examples = sequences.map(({ encoding, labels }) => ({ ids: encoding.ids, label: labels[0] ?? 0 }));
  const count = Math.floor(examples.length / batchSize);
  if (count === 0) {
    throw new Error(`A batch needs ${batchSize} examples, the data has ${examples.length}. Use a smaller batch.`);
  }
  const batches = Array.from({ length: count }, (_, batch) =>
    examples.slice(batch * batchSize, (batch + 1) * batchSize),
  );
  return { ...common(model, sizes), mode: "savings", batches, product };
}

function common(
  model: LoadedModel,
  { promptLength, tokens }: ProblemSizes,
): Omit<Problem, "mode" | "batches" | "product"> {
  const { layers, width, positions } = model.family.dimensions;
  if (promptLength + tokens > positions) {
    throw new Error(`${model.id} has ${positions} positions; ${promptLength} + ${tokens} do not fit.`);
  }
  const initial = new Map([
    [trainedNames.prefix, randomNormal(seed + 1, promptLength * layers * 2 * width, promptScale)],
    [trainedNames.weight, randomNormal(seed + 2, classes * width, headScale)],
    [trainedNames.bias, new Float32Array(classes)],
  ]);
  return { model, promptLength, classes, paddedTokens: tokens, initial };
}

/**
 * Prepares every batch once, before anything is timed: making arrays of texts is no engine's work.
 * @returns the prepared batch of a step counted from 0
 */
export function prepareBatches<Prepared>(
  { batches }: Problem,
  prepare: (batch: Batch) => Prepared,
): (step: number) => Prepared {
  const prepared = batches.map(prepare);
  return (step) => {
    const batch = prepared[step % prepared.length];
    if (batch === undefined) throw new Error("A problem has at least one batch.");
    return batch;
  };
}

/** AdamW's bias correction at a step counted from 1, folded into the rate and the epsilon (Kingma & Ba 2015, section 2). */
export function correctedRates(step: number): { readonly rate: number; readonly epsilon: number } {
  const root = Math.sqrt(1 - adamw.beta2 ** step);
  return { rate: (adamw.learningRate * root) / (1 - adamw.beta1 ** step), epsilon: adamw.epsilon * root };
}
