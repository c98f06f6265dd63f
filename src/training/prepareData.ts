/** From text examples to what a run trains and evaluates on: split, few-shot draw, encoding. All draws come from the seed. */
import type { Experiment } from "../config/experiment.ts";
import { randomStream } from "../lib/random.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { promptLengthOf } from "../methods/index.schema.ts";
import { encodeExamples, labelsOf, type EncodedExample } from "../tasks/sequenceClassification.ts";
import type { TextExample } from "../tasks/sequenceClassification.schema.ts";

/** Examples as they come in; without an evaluation part one is split off. */
export interface ExampleSet {
  readonly name: string;
  readonly train: readonly TextExample[];
  readonly evaluation?: readonly TextExample[];
}

export interface PreparedData {
  /** In the order of the logits. */
  readonly labels: readonly string[];
  readonly train: readonly EncodedExample[];
  readonly evaluation: readonly EncodedExample[];
  /** Texts that were cut. */
  readonly truncated: number;
  /** Longest encoded example, tokens. */
  readonly longest: number;
}

/**
 * Tokens one example may have: the setting, bounded by the model's positions less the prompt.
 * @throws when prompt and a text of two tokens do not fit the model's positions.
 */
export function tokenBudget(experiment: Experiment, positions: number): number {
  const promptLength = promptLengthOf(experiment.method);
  const room = positions - promptLength;
  if (room < 4) {
    throw new Error(
      `A prompt of ${promptLength} leaves ${Math.max(room, 0)} of the model's ${positions} positions for text; at least 4 are needed. Shorten the prompt.`,
    );
  }
  return Math.min(room, experiment.training.maxTokens);
}

/** Prepares one seed's data. Throws with the reason when it cannot be used. */
export function prepareData(set: ExampleSet, experiment: Experiment, model: LoadedModel, seed: number): PreparedData {
  const budget = tokenBudget(experiment, model.family.dimensions.positions);
  const { train, evaluation } = splitExamples(set, experiment.evaluationShare, seed);
  const labels = labelsOf(train);
  const chosen = drawFewShot(train, labels, experiment.examplesPerClass, seed);
  const encode = (examples: readonly TextExample[]) => encodeExamples(examples, labels, model.tokenizer, budget);
  const encoded = { train: encode(chosen), evaluation: encode(evaluation) };
  const all = [...encoded.train, ...encoded.evaluation];
  if (encoded.evaluation.length === 0)
    throw new Error("No rows are left for evaluation. Add rows or an evaluation file.");
  return {
    labels,
    ...encoded,
    truncated: all.filter(({ encoding }) => encoding.truncated).length,
    longest: all.reduce((longest, { encoding }) => Math.max(longest, encoding.ids.length), 0),
  };
}

/** The given parts, or a split by label so that both parts keep the shares of the labels. */
export function splitExamples(
  set: ExampleSet,
  evaluationShare: number,
  seed: number,
): { train: readonly TextExample[]; evaluation: readonly TextExample[] } {
  if (set.evaluation !== undefined) return { train: set.train, evaluation: set.evaluation };
  const parts = labelsOf(set.train).map((label) => {
    const rows = set.train.filter((example) => example.label === label);
    const shuffled = randomStream(seed, "split", label).shuffle(rows);
    const held = Math.min(rows.length - 1, Math.max(1, Math.round(rows.length * evaluationShare)));
    return { train: shuffled.slice(held), evaluation: shuffled.slice(0, held) };
  });
  return { train: parts.flatMap((part) => part.train), evaluation: parts.flatMap((part) => part.evaluation) };
}

/** k examples per label, or all when k is null. Labels with fewer rows give all they have. */
export function drawFewShot(
  examples: readonly TextExample[],
  labels: readonly string[],
  k: number | null,
  seed: number,
): readonly TextExample[] {
  if (k === null) return examples;
  return labels.flatMap((label) => {
    const rows = examples.filter((example) => example.label === label);
    return randomStream(seed, "few-shot", label).shuffle(rows).slice(0, k);
  });
}
