/** From examples to what a run trains and evaluates on: split, few-shot draw, encoding. All draws come from the seed. */
import type { Experiment } from "../config/experiment.ts";
import { DataError, SettingsError } from "../lib/errors.ts";
import type { Example } from "../lib/examples/example.ts";
import { randomStream } from "../lib/random.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { promptLengthOf } from "../methods/index.schema.ts";
import { bindTask } from "../tasks/index.ts";
import type { Baseline, BoundTask, EncodedPart } from "../tasks/task.ts";

/** Examples as they come in; without an evaluation part one is split off. */
export interface ExampleSet<Kind extends Example = Example> {
  readonly name: string;
  readonly train: readonly Kind[];
  readonly evaluation?: readonly Kind[];
}

export interface PreparedData {
  /** In the order of the logits. */
  readonly labels: readonly string[];
  readonly train: EncodedPart;
  readonly evaluation: EncodedPart;
  /** The examples behind the parts, after the split and the few-shot draw. */
  readonly trainExamples: readonly Example[];
  readonly evaluationExamples: readonly Example[];
  readonly baseline: Baseline;
  /** Sequences that were cut. */
  readonly truncated: number;
  /** Longest encoded sequence, tokens. */
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
    throw new SettingsError(
      `A prompt of ${promptLength} leaves ${Math.max(room, 0)} of the model's ${positions} positions for text; at least 4 are needed. Shorten the prompt.`,
    );
  }
  return Math.min(room, experiment.training.maxTokens);
}

/** Prepares one seed's data. Throws with the reason when it cannot be used. */
export function prepareData(set: ExampleSet, experiment: Experiment, model: LoadedModel, seed: number): PreparedData {
  const budget = tokenBudget(experiment, model.family.dimensions.positions);
  const task = bindTask(experiment.task, model);
  const parts = splitExamples(set, task.stratum, { share: experiment.evaluationShare, seed });
  const labels = task.labelsOf(parts.train);
  const trainExamples = drawFewShot(parts.train, task.stratum, experiment.examplesPerClass, seed);
  const evaluationExamples = parts.evaluation;
  const encode = (examples: readonly Example[]) => task.encode(examples, { labels, budget });
  const [train, evaluation] = [encode(trainExamples), encode(evaluationExamples)];
  if (evaluationExamples.length === 0)
    throw new DataError("No rows are left for evaluation. Add rows or an evaluation file.");
  const all = [...train.sequences, ...evaluation.sequences];
  return {
    labels,
    train,
    evaluation,
    trainExamples,
    evaluationExamples,
    baseline: task.baseline(trainExamples, evaluationExamples, labels),
    truncated: all.filter(({ encoding }) => encoding.truncated).length,
    longest: all.reduce((longest, { encoding }) => Math.max(longest, encoding.ids.length), 0),
  };
}

type Stratum = BoundTask["stratum"];

/** The given parts, or a split by stratum so that both parts keep the shares of the labels. */
export function splitExamples<Kind extends Example>(
  set: ExampleSet<Kind>,
  stratum: Stratum,
  { share, seed }: { share: number; seed: number },
): { train: readonly Kind[]; evaluation: readonly Kind[] } {
  if (set.evaluation !== undefined) return { train: set.train, evaluation: set.evaluation };
  const parts = strataOf(set.train, stratum).map(([name, rows]) => {
    const shuffled = randomStream(seed, "split", name).shuffle(rows);
    const held = Math.min(rows.length - 1, Math.max(1, Math.round(rows.length * share)));
    return { train: shuffled.slice(held), evaluation: shuffled.slice(0, held) };
  });
  return { train: parts.flatMap((part) => part.train), evaluation: parts.flatMap((part) => part.evaluation) };
}

/** k examples per stratum (of each label, or in all), or all when k is null. A stratum with fewer gives all it has. */
export function drawFewShot<Kind extends Example>(
  examples: readonly Kind[],
  stratum: Stratum,
  k: number | null,
  seed: number,
): readonly Kind[] {
  if (k === null) return examples;
  return strataOf(examples, stratum).flatMap(([name, rows]) =>
    randomStream(seed, "few-shot", name).shuffle(rows).slice(0, k),
  );
}

/** Examples by stratum, strata sorted by name, examples in their order. */
function strataOf<Kind extends Example>(examples: readonly Kind[], stratum: Stratum): [string, Kind[]][] {
  const strata = new Map<string, Kind[]>();
  for (const example of examples) {
    const name = stratum(example);
    const rows = strata.get(name);
    if (rows === undefined) strata.set(name, [example]);
    else rows.push(example);
  }
  return [...strata].toSorted(([a], [b]) => (a < b ? -1 : 1));
}
