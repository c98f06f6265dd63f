/**
 * A unigram logistic regression: the baseline that says how much of a data set is solved by single words alone.
 * It is a yardstick for data, not a model of the studio: no word order, no frozen encoder, no randomness.
 */
import { pathToFileURL } from "node:url";
import { readDataset, textsOf, words, type Dataset, type Row } from "./rows.ts";

export interface BagOfWordsOptions {
  /** Strength of the L2 penalty on the weights, in units of the mean loss; the bias is free. */
  readonly l2: number;
  /** Step length of gradient descent; rows have unit length, so the loss falls with anything clearly below 2. */
  readonly learningRate: number;
  /** Full-batch gradient steps. */
  readonly steps: number;
}

export const DEFAULT_OPTIONS: BagOfWordsOptions = { l2: 5e-4, learningRate: 1.5, steps: 800 };

export interface BagOfWordsResult {
  readonly trainAccuracy: number;
  readonly evalAccuracy: number;
  /** Number of distinct features seen in the train split. */
  readonly features: number;
}

/** Features present in a row, as indices; each weighs 1 / √(number of features of the row). */
type SparseRow = readonly number[];

/** Linear classifier: `weights[class][feature]`, one bias per class. */
interface LinearModel {
  readonly weights: readonly Float64Array[];
  readonly bias: Float64Array;
}

/**
 * Fits softmax regression on the train split and scores both splits. Deterministic: weights start at zero and every
 * step uses all rows. Words that the train split lacks are ignored in eval. Throws when a label is not in `labels`.
 */
export function bagOfWords(data: Dataset, options: BagOfWordsOptions = DEFAULT_OPTIONS): BagOfWordsResult {
  const vocabulary = buildVocabulary(data.train);
  const encode = (row: Row): SparseRow => features(row).flatMap((name) => vocabulary.get(name) ?? []);
  const train = { rows: data.train.map(encode), targets: targetsOf(data.train, data.labels) };
  const evaluation = { rows: data.eval.map(encode), targets: targetsOf(data.eval, data.labels) };
  const model = fit(train, vocabulary.size, data.labels.length, options);
  return {
    trainAccuracy: accuracy(model, train),
    evalAccuracy: accuracy(model, evaluation),
    features: vocabulary.size,
  };
}

interface EncodedSplit {
  readonly rows: readonly SparseRow[];
  readonly targets: readonly number[];
}

/** Distinct words of a row; those of the second text carry a prefix of their own. */
function features(row: Row): string[] {
  return [...new Set(textsOf(row).flatMap((text, index) => words(text).map((word) => `${index}:${word}`)))];
}

function buildVocabulary(rows: readonly Row[]): Map<string, number> {
  const names = new Set(rows.flatMap(features));
  return new Map([...names].map((name, index) => [name, index]));
}

function targetsOf(rows: readonly Row[], labels: readonly string[]): number[] {
  return rows.map(({ label }) => {
    const index = labels.indexOf(label);
    if (index < 0) throw new Error(`Expected one of the labels ${labels.join(", ")}, got "${label}"; fix the row.`);
    return index;
  });
}

function fit(split: EncodedSplit, size: number, classes: number, options: BagOfWordsOptions): LinearModel {
  const weights = Array.from({ length: classes }, () => new Float64Array(size));
  const model: LinearModel = { weights, bias: new Float64Array(classes) };
  for (let step = 0; step < options.steps; step++) descend(model, split, options);
  return model;
}

/** One full-batch step on the mean cross entropy plus l2/2 · |W|². */
function descend(model: LinearModel, split: EncodedSplit, { l2, learningRate }: BagOfWordsOptions): void {
  const errors = split.rows.map((row, index) => outputErrors(model, row, split.targets[index] ?? 0));
  model.weights.forEach((weights, label) => {
    const gradient = weights.map((weight) => l2 * weight);
    split.rows.forEach((row, index) => {
      const error = (errors[index]?.[label] ?? 0) / split.rows.length;
      for (const feature of row) gradient[feature] = (gradient[feature] ?? 0) + error / Math.sqrt(row.length);
      model.bias[label] = (model.bias[label] ?? 0) - learningRate * error;
    });
    weights.set(weights.map((weight, feature) => weight - learningRate * (gradient[feature] ?? 0)));
  });
}

/** Gradient of the cross entropy with respect to the logits: softmax minus one-hot. */
function outputErrors(model: LinearModel, row: SparseRow, target: number): number[] {
  const logits = logitsOf(model, row);
  const highest = Math.max(...logits);
  const exponentials = logits.map((logit) => Math.exp(logit - highest));
  const total = exponentials.reduce((sum, value) => sum + value, 0);
  return exponentials.map((value, label) => value / total - (label === target ? 1 : 0));
}

function logitsOf({ weights, bias }: LinearModel, row: SparseRow): number[] {
  const scale = row.length === 0 ? 0 : 1 / Math.sqrt(row.length);
  return weights.map((weight, label) => {
    const sum = row.reduce((total, feature) => total + (weight[feature] ?? 0), 0);
    return (bias[label] ?? 0) + scale * sum;
  });
}

function accuracy(model: LinearModel, { rows, targets }: EncodedSplit): number {
  const right = rows.filter((row, index) => {
    const logits = logitsOf(model, row);
    return logits.indexOf(Math.max(...logits)) === targets[index];
  });
  return right.length / rows.length;
}

function main(folder: string | undefined): void {
  if (folder === undefined) throw new Error("Expected a data folder: bagOfWords.ts public/data/sentiment");
  const result = bagOfWords(readDataset(folder));
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  console.log(
    `eval ${percent(result.evalAccuracy)}, train ${percent(result.trainAccuracy)}, ${result.features} features`,
  );
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) main(process.argv[2]);
