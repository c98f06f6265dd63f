/**
 * What a run made of one evaluation example, and what many of them add up to: the confusion matrix, the order from worst to
 * best, and a table. How an outcome comes about is the business of `training/inspect`.
 */
import type { CsvCell } from "./csv.ts";

/** One word of a tagged sentence. */
export interface WordOutcome {
  readonly word: string;
  readonly gold: string;
  readonly predicted: string;
  /** Of the predicted tag; absent where the word was cut off. */
  readonly probability?: number;
}

export interface ExampleOutcome {
  /** Number among the evaluation examples, from 1. */
  readonly place: number;
  readonly text: string;
  readonly textPair?: string;
  readonly gold: string;
  readonly predicted: string;
  /** The task's figure for this example alone, between 0 and 1; 1 is all right. */
  readonly score: number;
  /** Mean over the example's labels, nats. */
  readonly loss: number;
  /** By label, where the answer is one label. */
  readonly probabilities?: Readonly<Record<string, number>>;
  /** Present for tagged sentences. */
  readonly words?: readonly WordOutcome[];
}

/** Counts by actual and predicted label. */
export interface ConfusionMatrix {
  readonly labels: readonly string[];
  /** Row: what is right. Column: what was predicted. */
  readonly counts: readonly (readonly number[])[];
  /** What is counted: examples, or the words of tagged sentences. */
  readonly unit: "examples" | "words";
}

/** Undefined where answers are no labels, as in question answering. Labels that are nowhere among `labels` come behind them. */
export function confusionOf(
  outcomes: readonly ExampleOutcome[],
  labels: readonly string[],
): ConfusionMatrix | undefined {
  const unit = outcomes.some(({ words }) => words !== undefined) ? "words" : "examples";
  if (unit === "examples" && outcomes.some(({ probabilities }) => probabilities === undefined)) return undefined;
  const pairs = outcomes.flatMap(
    (outcome): readonly Pick<WordOutcome, "gold" | "predicted">[] => outcome.words ?? [outcome],
  );
  const names = [...new Set([...labels, ...pairs.flatMap(({ gold, predicted }) => [gold, predicted])])];
  const places = new Map(names.map((name, place) => [name, place]));
  const counts = names.map(() => new Array<number>(names.length).fill(0));
  for (const { gold, predicted } of pairs) {
    const [row, column] = [counts[places.get(gold) ?? 0], places.get(predicted) ?? 0];
    if (row !== undefined) row[column] = (row[column] ?? 0) + 1;
  }
  return { labels: names, counts, unit };
}

/** A pair of labels that was mixed up. */
export interface Confusion {
  readonly gold: string;
  readonly predicted: string;
  readonly count: number;
  /** Share of everything with the right label `gold`. */
  readonly share: number;
}

/** What was mixed up, most frequent first. */
export function frequentConfusions({ labels, counts }: ConfusionMatrix): Confusion[] {
  const mixed = labels.flatMap((gold, row) => {
    const own = counts[row] ?? [];
    const total = own.reduce((sum, count) => sum + count, 0);
    return labels.flatMap((predicted, column): Confusion[] => {
      const count = own[column] ?? 0;
      return row === column || count === 0 ? [] : [{ gold, predicted, count, share: count / total }];
    });
  });
  return mixed.toSorted((a, b) => b.count - a.count || b.share - a.share);
}

/** Highest loss first; equals in their order. */
export function worstFirst(outcomes: readonly ExampleOutcome[]): ExampleOutcome[] {
  return outcomes.toSorted((a, b) => b.loss - a.loss || a.place - b.place);
}

/** All predictions as a table, one row per example with the probability of every label, or one row per word. */
export function predictionsTable(outcomes: readonly ExampleOutcome[], labels: readonly string[]): CsvCell[][] {
  return outcomes.some(({ words }) => words !== undefined) ? wordRows(outcomes) : exampleRows(outcomes, labels);
}

function exampleRows(outcomes: readonly ExampleOutcome[], labels: readonly string[]): CsvCell[][] {
  const hasPairs = outcomes.some(({ textPair }) => textPair !== undefined);
  const shown = outcomes.some(({ probabilities }) => probabilities !== undefined) ? labels : [];
  const header = ["example", "text", ...(hasPairs ? ["second text"] : []), "right", "predicted", "score", "loss"];
  const rows = outcomes.map(({ place, text, textPair, gold, predicted, score, loss, probabilities }) => [
    place,
    text,
    ...(hasPairs ? [textPair] : []),
    gold,
    predicted,
    score,
    loss,
    ...shown.map((label) => probabilities?.[label]),
  ]);
  return [[...header, ...shown.map((label) => `probability of ${label}`)], ...rows];
}

function wordRows(outcomes: readonly ExampleOutcome[]): CsvCell[][] {
  const rows = outcomes.flatMap(({ place, loss, words = [] }) =>
    words.map(({ word, gold, predicted, probability }, index) => [
      place,
      index + 1,
      word,
      gold,
      predicted,
      probability,
      loss,
    ]),
  );
  return [["example", "word number", "word", "right", "predicted", "probability", "loss of the sentence"], ...rows];
}
