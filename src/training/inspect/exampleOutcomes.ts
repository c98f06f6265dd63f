/**
 * What a run answers on each evaluation example: right answer, prediction, loss. Every example is scored alone by the task
 * itself, so that its figures mean what the run's figures mean.
 */
import type { ExampleOutcome, WordOutcome } from "../../lib/exampleOutcome.ts";
import {
  isContinuationExample,
  isQuestionExample,
  isTaggedExample,
  type Example,
  type TaggedExample,
} from "../../lib/examples/example.ts";
import { softmax } from "../../tasks/metrics/classification.ts";
import { nextTask } from "../../lib/nextTask.ts";
import type { Answer, BoundTask, EncodingOptions, TagsAnswer } from "../../tasks/task.ts";

/** Examples after which messages, such as a cancel, get their turn. */
const examplesPerTask = 64;

/**
 * One outcome per example from the logits of every sequence, in their order; an example of several windows takes as many.
 * Returns undefined when it was cancelled. @throws when there are more or fewer logits than sequences.
 */
export async function exampleOutcomes(
  task: BoundTask,
  examples: readonly Example[],
  options: EncodingOptions,
  logits: readonly Float32Array[],
  signal?: AbortSignal,
): Promise<ExampleOutcome[] | undefined> {
  let next = 0;
  const outcomes: ExampleOutcome[] = [];
  for (const [index, example] of examples.entries()) {
    if (index % examplesPerTask === examplesPerTask - 1) await nextTask();
    if (signal?.aborted) return undefined;
    const part = task.encode([example], options);
    const own = logits.slice(next, next + part.sequences.length);
    next += part.sequences.length;
    const { accuracy, loss } = part.score(own);
    const figures = { place: index + 1, score: accuracy, loss };
    const read = (): Answer | undefined => task.read([example], options).answers(own)[0];
    outcomes.push(outcomeOf(example, figures, read, options.labels));
  }
  if (next === logits.length) return outcomes;
  throw new Error(`Expected the logits of ${next} sequences, got those of ${logits.length}.`);
}

type Figures = Pick<ExampleOutcome, "place" | "score" | "loss">;

/** Continuations have no answer to read, only losses and hits. */
function outcomeOf(
  example: Example,
  figures: Figures,
  read: () => Answer | undefined,
  labels: readonly string[],
): ExampleOutcome {
  if (isContinuationExample(example)) {
    return { ...figures, text: example.source, gold: example.target, predicted: "" };
  }
  const answer = read();
  if (isTaggedExample(example)) return taggedOutcome(example, figures, answer, labels);
  if (isQuestionExample(example)) {
    const gold = example.answers.map(({ text }) => text).join(" | ");
    const predicted = answer?.kind === "span" ? answer.text : "";
    return { ...figures, text: example.context, textPair: example.question, gold, predicted };
  }
  const { text, textPair, label } = example;
  const pair = textPair === undefined ? {} : { textPair };
  if (answer?.kind !== "label") throw new Error("This task gives a text no label.");
  const probabilities = Object.fromEntries(labels.map((name, at) => [name, answer.probabilities[at] ?? 0]));
  return { ...figures, text, ...pair, gold: label, predicted: answer.label, probabilities };
}

/** A sentence's own score is the share of right tags: F1 says nothing of a sentence without spans. */
function taggedOutcome(
  { tokens, tags }: TaggedExample,
  figures: Figures,
  answer: Answer | undefined,
  labels: readonly string[],
): ExampleOutcome {
  if (answer?.kind !== "tags") throw new Error("This task gives words no tags.");
  const words = tokens.map((word, at) => wordOutcome(word, tags[at] ?? "", at, answer, labels));
  const right = words.filter(({ gold, predicted }) => gold === predicted).length;
  return {
    ...figures,
    score: words.length === 0 ? 0 : right / words.length,
    text: tokens.join(" "),
    gold: tags.join(" "),
    predicted: answer.tags.join(" "),
    words,
  };
}

function wordOutcome(
  word: string,
  gold: string,
  at: number,
  { tags, logits }: TagsAnswer,
  labels: readonly string[],
): WordOutcome {
  const predicted = tags[at] ?? "";
  const row = logits[at];
  const probability = row === undefined ? undefined : softmax(row)[labels.indexOf(predicted)];
  return { word, gold, predicted, ...(probability === undefined ? {} : { probability }) };
}
