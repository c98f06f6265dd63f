/** What a data set looks like to the model, told before training: counts, lengths, cuts, unknown words. */
import type { Experiment } from "../config/experiment.ts";
import type { Example } from "../lib/examples/example.ts";
import { inputFormOf, type InputForm } from "../lib/examples/inputForm.ts";
import { sha256OfText } from "../lib/hash.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { bindTask } from "../tasks/index.ts";
import type { BoundTask } from "../tasks/task.ts";
import { prepareData, splitExamples, tokenBudget, type ExampleSet } from "./prepareData.ts";

export interface DataDescription {
  readonly name: string;
  readonly hash: string;
  readonly labels: readonly string[];
  readonly trainExamples: number;
  readonly evaluationExamples: number;
  /** Training examples of each label; one entry for all where examples have no label of their own. */
  readonly trainPerLabel: Readonly<Record<string, number>>;
  /** Score of the task's baseline, e.g. of always answering the most frequent label. */
  readonly majorityAccuracy: number;
  readonly longestTokens: number;
  readonly medianTokens: number;
  readonly truncated: number;
  /** Share of words that the vocabulary does not know, with examples. */
  readonly unknownShare: number;
  readonly unknownExamples: readonly string[];
  /** What one types to try a model on such data. */
  readonly input: InputForm;
  /** Sequences that the examples are read as, more than one for a context in windows. */
  readonly sequences: number;
  /** What scores are called, and what is scored without learning. */
  readonly scoreName: string;
  readonly baseline: string;
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
  const task = bindTask(experiment.task, model);
  const { train, evaluation } = splitExamples(set, task.stratum, { share: evaluationShare, seed });
  const all = [...train, ...evaluation];
  const budget = tokenBudget(experiment, model.family.dimensions.positions);
  const { sequences } = task.encode(all, { labels: prepared.labels, budget });
  const lengths = sequences.map(({ encoding }) => encoding.ids.length).toSorted((a, b) => a - b);
  return {
    name: set.name,
    hash: await hashExamples(set),
    labels: prepared.labels,
    trainExamples: prepared.trainExamples.length,
    evaluationExamples: prepared.evaluationExamples.length,
    trainPerLabel: countStrata(train, task),
    majorityAccuracy: prepared.baseline.score,
    longestTokens: lengths.at(-1) ?? 0,
    medianTokens: lengths[Math.floor(lengths.length / 2)] ?? 0,
    truncated: prepared.truncated,
    ...unknownWords(
      all.flatMap((example) => task.textsOf(example)),
      model,
    ),
    input: inputFormOf(all),
    sequences: sequences.length,
    scoreName: task.scoreName(prepared.labels),
    baseline: prepared.baseline.name,
  };
}

/** Identity of a data set: the hash of its rows in order. */
export function hashExamples({ train, evaluation }: ExampleSet): Promise<string> {
  return sha256OfText(JSON.stringify([train, evaluation ?? null]));
}

function countStrata(examples: readonly Example[], { stratum }: BoundTask): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const example of examples) counts[stratum(example)] = (counts[stratum(example)] ?? 0) + 1;
  return counts;
}

function unknownWords(
  texts: readonly string[],
  { tokenizer }: LoadedModel,
): { unknownShare: number; unknownExamples: string[] } {
  let [pieces, unknown] = [0, 0];
  const words = new Set<string>();
  for (const word of texts.flatMap((text) => text.split(/\s+/))) {
    for (const { id } of tokenizer.pieces(word)) {
      pieces++;
      if (id !== tokenizer.unknownId) continue;
      unknown++;
      words.add(word);
    }
  }
  return { unknownShare: pieces === 0 ? 0 : unknown / pieces, unknownExamples: [...words].slice(0, unknownShown) };
}
