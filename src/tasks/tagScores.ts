/** Scores of tagged sentences: F1 of spans for BIO tags, share of right tags for others. */
import type { TaggedExample } from "../lib/examples/example.ts";
import { bootstrapInterval } from "./metrics/bootstrap.ts";
import { crossEntropyOf, macroF1 } from "./metrics/classification.ts";
import {
  areBioTags,
  countSpans,
  macroSpanF1,
  precisionRecall,
  spansOf,
  sumCounts,
  type SpanReading,
} from "./metrics/spans.ts";
import type { EncodedSequence, Scores } from "./task.ts";

type TagFigures = Omit<Scores, "loss">;

/** Scores of one tag per word of each sentence. The labels decide whether spans or words are counted: examples may hold no span at all. */
export function scoreTags(
  examples: readonly TaggedExample[],
  predicted: readonly (readonly string[])[],
  { spans: reading, labels }: { readonly spans: SpanReading; readonly labels: readonly string[] },
): TagFigures {
  const share = wordAccuracy(examples, predicted);
  return areBioTags(labels)
    ? { ...spanFigures(examples, predicted, reading), examples: examples.length }
    : { ...wordFigures(examples, predicted), accuracy: share, examples: examples.length };
}

function spanFigures(
  examples: readonly TaggedExample[],
  predicted: readonly (readonly string[])[],
  reading: SpanReading,
): Omit<TagFigures, "examples"> {
  const counts = examples.map(({ tags }, index) =>
    countSpans(spansOf(tags, reading), spansOf(predicted[index] ?? [], reading)),
  );
  const sums = counts.map((sentence) => sumCounts(sentence.values()));
  const { f1, precision, recall } = precisionRecall(sumCounts(sums));
  return {
    accuracy: f1,
    interval: bootstrapInterval(sums, (drawn) => precisionRecall(sumCounts(drawn)).f1),
    macroF1: macroSpanF1(counts),
    figures: { precision, recall, tagAccuracy: wordAccuracy(examples, predicted) },
  };
}

function wordFigures(
  examples: readonly TaggedExample[],
  predicted: readonly (readonly string[])[],
): Pick<TagFigures, "interval" | "macroF1" | "figures"> {
  const words = examples.map(({ tags }, index) => ({
    hits: tags.filter((tag, word) => predicted[index]?.[word] === tag).length,
    words: tags.length,
  }));
  const names = [...new Set([...examples.flatMap(({ tags }) => tags), ...predicted.flat()])];
  const places = new Map(names.map((name, index) => [name, index]));
  const placesOf = (tags: readonly string[]): number[] => tags.map((tag) => places.get(tag) ?? -1);
  return {
    interval: bootstrapInterval(words, shareOf),
    macroF1: macroF1(
      placesOf(examples.flatMap(({ tags }, index) => tags.map((_, word) => predicted[index]?.[word] ?? ""))),
      placesOf(examples.flatMap(({ tags }) => tags)),
      names.length,
    ),
    figures: {},
  };
}

function wordAccuracy(examples: readonly TaggedExample[], predicted: readonly (readonly string[])[]): number {
  return shareOf(
    examples.map(({ tags }, index) => ({
      hits: tags.filter((tag, word) => predicted[index]?.[word] === tag).length,
      words: tags.length,
    })),
  );
}

function shareOf(sentences: readonly { readonly hits: number; readonly words: number }[]): number {
  const words = sentences.reduce((sum, sentence) => sum + sentence.words, 0);
  return words === 0 ? 0 : sentences.reduce((sum, sentence) => sum + sentence.hits, 0) / words;
}

/** Mean cross entropy over the labelled rows, nats. */
export function tagLoss(
  logits: readonly Float32Array[],
  sequences: readonly EncodedSequence[],
  classes: number,
): number {
  let [sum, count] = [0, 0];
  for (const [index, { labels }] of sequences.entries()) {
    for (const [row, label] of labels.entries()) {
      if (label < 0) continue;
      sum += crossEntropyOf((logits[index] ?? new Float32Array()).subarray(row * classes, (row + 1) * classes), label);
      count++;
    }
  }
  return count === 0 ? 0 : sum / count;
}

/** What remembering gives: the tag a word had most often in training, `otherwise` for words that training lacks. */
export function frequentTags(
  train: readonly TaggedExample[],
  sentences: readonly TaggedExample[],
  otherwise: string,
): string[][] {
  const counts = new Map<string, Map<string, number>>();
  for (const { tokens, tags } of train) {
    for (const [index, token] of tokens.entries()) {
      const own = counts.get(token) ?? new Map<string, number>();
      own.set(tags[index] ?? "", (own.get(tags[index] ?? "") ?? 0) + 1);
      counts.set(token, own);
    }
  }
  const favourite = new Map(
    [...counts].map(([token, tags]) => [token, [...tags].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? otherwise]),
  );
  return sentences.map(({ tokens }) => tokens.map((token) => favourite.get(token) ?? otherwise));
}
