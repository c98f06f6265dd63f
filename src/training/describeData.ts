/** What a data set looks like to the model, told before training: counts, lengths, cuts, unknown words. */
import type { Experiment } from "../config/experiment.ts";
import { sha256OfText } from "../lib/hash.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { majorityShare } from "../tasks/metrics/classification.ts";
import type { TextExample } from "../tasks/sequenceClassification.schema.ts";
import { prepareData, splitExamples, tokenBudget, type ExampleSet } from "./prepareData.ts";

export interface DataDescription {
  readonly name: string;
  readonly hash: string;
  readonly labels: readonly string[];
  readonly trainExamples: number;
  readonly evaluationExamples: number;
  readonly trainPerLabel: Readonly<Record<string, number>>;
  readonly majorityAccuracy: number;
  readonly longestTokens: number;
  readonly medianTokens: number;
  readonly truncated: number;
  /** Share of words that the vocabulary does not know, with examples. */
  readonly unknownShare: number;
  readonly unknownExamples: readonly string[];
  readonly pairs: boolean;
}

/** How many unknown words are shown. */
const unknownShown = 8;

/** Throws as `prepareData` does when the examples cannot be used. */
export async function describeData(
  set: ExampleSet,
  experiment: Experiment,
  model: LoadedModel,
): Promise<DataDescription> {
  const { seed, evaluationShare } = experiment;
  const prepared = prepareData(set, experiment, model, seed);
  const { train, evaluation } = splitExamples(set, evaluationShare, seed);
  const all = [...train, ...evaluation];
  const lengths = all
    .map(({ text, textPair }) => tokensOf(model, experiment, text, textPair))
    .toSorted((a, b) => a - b);
  return {
    name: set.name,
    hash: await hashExamples(set),
    labels: prepared.labels,
    trainExamples: prepared.train.length,
    evaluationExamples: prepared.evaluation.length,
    trainPerLabel: countLabels(train),
    majorityAccuracy: majorityShare(prepared.evaluation.map(({ label }) => label)),
    longestTokens: lengths.at(-1) ?? 0,
    medianTokens: lengths[Math.floor(lengths.length / 2)] ?? 0,
    truncated: prepared.truncated,
    ...unknownWords(all, model),
    pairs: all.some(({ textPair }) => textPair !== undefined),
  };
}

/** Identity of a data set: the hash of its rows in order. */
export function hashExamples({ train, evaluation }: ExampleSet): Promise<string> {
  return sha256OfText(JSON.stringify([train, evaluation ?? null]));
}

function tokensOf(model: LoadedModel, experiment: Experiment, text: string, textPair: string | undefined): number {
  const budget = tokenBudget(experiment, model.family.dimensions.positions);
  return model.tokenizer.encode(text, textPair, budget).ids.length;
}

function countLabels(examples: readonly TextExample[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { label } of examples) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

function unknownWords(
  examples: readonly TextExample[],
  { tokenizer }: LoadedModel,
): { unknownShare: number; unknownExamples: string[] } {
  let [pieces, unknown] = [0, 0];
  const words = new Set<string>();
  for (const word of examples.flatMap(({ text, textPair }) => `${text} ${textPair ?? ""}`.split(/\s+/))) {
    for (const { id } of tokenizer.pieces(word)) {
      pieces++;
      if (id !== tokenizer.unknownId) continue;
      unknown++;
      words.add(word);
    }
  }
  return { unknownShare: pieces === 0 ? 0 : unknown / pieces, unknownExamples: [...words].slice(0, unknownShown) };
}
