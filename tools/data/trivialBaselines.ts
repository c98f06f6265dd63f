/**
 * What a tagging or question set yields without a model: each word's most frequent tag, one answer to everything, the
 * sentence nearest to the question. A set for prompts should leave much room above these; none of them is trained.
 */
import { countBy } from "../../src/lib/countBy.ts";
import { constantAnswer as bestConstant, meanAnswerF1 } from "../../src/tasks/metrics/constantAnswer.ts";
import { countSpans, precisionRecall, spansOf, sumCounts } from "../../src/tasks/metrics/spans.ts";
import { questionWord } from "./checkMarked.ts";
import type { QuestionRow, TaggedRow } from "./markup.ts";
import { words } from "./rows.ts";

interface Parts<Row> {
  readonly train: readonly Row[];
  readonly eval: readonly Row[];
}

/** Micro F1 on eval when every word gets the tag it has most often in train, and an unknown word O. */
export function lookupTagF1({ train, eval: evaluation }: Parts<TaggedRow>): number {
  const seen = new Map<string, string[]>();
  for (const { tokens, tags } of train) {
    for (const [index, token] of tokens.entries()) {
      const key = token.toLowerCase();
      seen.set(key, [...(seen.get(key) ?? []), tags[index] ?? "O"]);
    }
  }
  const usual = new Map([...seen].map(([token, tags]) => [token, mostFrequent(tags)]));
  return spanF1(evaluation, ({ tokens }) => tokens.map((token) => usual.get(token.toLowerCase()) ?? "O"));
}

/** Micro F1 on eval when every word gets the tag most frequent in train; 0 unless that tag marks spans. */
export function majorityTagF1({ train, eval: evaluation }: Parts<TaggedRow>): number {
  const tag = mostFrequent(train.flatMap(({ tags }) => tags));
  return spanF1(evaluation, ({ tokens }) => tokens.map(() => tag));
}

function spanF1(rows: readonly TaggedRow[], predict: (row: TaggedRow) => readonly string[]): number {
  const counts = rows.flatMap((row) => [
    ...countSpans(spansOf(row.tags, "lenient"), spansOf(predict(row), "lenient")).values(),
  ]);
  return precisionRecall(sumCounts(counts)).f1;
}

/** Mean answer F1 on eval of the train answer that scores best on train. */
export function constantAnswer({ train, eval: evaluation }: Parts<QuestionRow>): { answer: string; f1: number } {
  const answer = bestConstant(train);
  return { answer, f1: meanAnswerF1(evaluation, () => answer) };
}

/** Mean answer F1 on these questions when the answer is the whole sentence that shares most words with the question. */
export function nearestSentenceF1(rows: readonly QuestionRow[]): number {
  return meanAnswerF1(rows, ({ context, question }) => {
    const asked = new Set(words(question));
    const shared = (sentence: string): number => new Set(words(sentence).filter((word) => asked.has(word))).size;
    return sentencesOf(context).reduce((best, next) => (shared(next) > shared(best) ? next : best));
  });
}

function sentencesOf(context: string): string[] {
  return context.split(/(?<=[.!?]"?) /u);
}

/** Counts and baselines of a tagging set, for a reader. */
export function describeTagged(parts: Parts<TaggedRow>): string {
  const spans = (rows: readonly TaggedRow[]): string =>
    listed(rows.flatMap(({ tags }) => spansOf(tags, "strict").map(({ type }) => type)));
  return [
    `  train ${parts.train.length} sentences: ${spans(parts.train)}`,
    `  eval ${parts.eval.length} sentences: ${spans(parts.eval)}`,
    `  span F1 on eval: majority tag ${percent(majorityTagF1(parts))}, lookup ${percent(lookupTagF1(parts))}`,
  ].join("\n");
}

/** Counts and baselines of a question set, for a reader. */
export function describeQuestions(parts: Parts<QuestionRow>): string {
  const { answer, f1 } = constantAnswer(parts);
  const part = (rows: readonly QuestionRow[]): string => {
    const passages = new Set(rows.map(({ context }) => context)).size;
    const asked = listed(rows.map(({ question }) => questionWord(question)));
    const places = listed(rows.map((row) => `${sentenceOfAnswer(row) + 1}`));
    return `${rows.length} questions on ${passages} passages: ${asked}; answers by sentence: ${places}`;
  };
  return [
    `  train ${part(parts.train)}`,
    `  eval ${part(parts.eval)}`,
    `  answer F1 on eval: always "${answer}" ${percent(f1)}, nearest sentence ${percent(nearestSentenceF1(parts.eval))}`,
  ].join("\n");
}

/** Which sentence of the passage, counted from 0, the first answer starts in. */
function sentenceOfAnswer({ context, answers }: QuestionRow): number {
  return sentencesOf(context.slice(0, (answers[0]?.answer_start ?? 0) + 1)).length - 1;
}

function mostFrequent(names: readonly string[]): string {
  return [...countBy(names).keys()][0] ?? "O";
}

function listed(names: readonly string[]): string {
  return [...countBy(names)].map(([name, count]) => `${name} ${count}`).join(", ");
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
