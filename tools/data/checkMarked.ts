/**
 * Checks of the built-in tagging and question sets: sizes, lengths, balance of tags and question words, duplicates, leaks
 * between the parts, sentences from one mould. It judges form; whether a mark is right stays a reader's work.
 */
import { countBy } from "../../src/lib/countBy.ts";
import { spansOf } from "../../src/tasks/metrics/spans.ts";
import { jaccard, skeleton } from "./checkDataset.ts";
import type { QuestionRow, TaggedRow } from "./markup.ts";
import { words } from "./rows.ts";

/** What every set promises; a set may hold more. */
export const markedLimits = {
  minTrainRows: 240,
  minEvalRows: 80,
  /** Most words of a sentence to tag, and of a passage. */
  maxSentenceWords: 20,
  maxPassageWords: 30,
  passageSentences: [1, 2],
  /** Fewest spans of each type in eval, and the largest share of one type in all. */
  minEvalSpans: 10,
  maxTypeShare: 0.45,
  /** Largest share of one question word, and of answers that begin their passage. */
  maxQuestionWordShare: 0.35,
  maxFirstAnswerShare: 0.1,
  /** Jaccard similarity of word sets from which a train and an eval text count as the same. */
  nearDuplicate: 0.6,
  maxSkeletonUses: 3,
  /** Largest share of questions from one mould; short ones ("Who found the bag?") cannot help but look alike. */
  maxQuestionMouldShare: 0.12,
} as const;

export interface MarkedProblem {
  readonly kind: "size" | "length" | "balance" | "mark" | "duplicate" | "near-duplicate" | "skeleton";
  readonly message: string;
}

interface Parts<Row> {
  readonly train: readonly Row[];
  readonly eval: readonly Row[];
}

/** All problems of a set of tagged sentences; an empty list is a pass. */
export function checkTagged(parts: Parts<TaggedRow>): MarkedProblem[] {
  const rows = [...parts.train, ...parts.eval];
  const texts = mapParts(parts, ({ tokens }) => tokens.join(" "));
  return [
    ...sizeProblems(parts),
    ...lengthProblems(texts, markedLimits.maxSentenceWords),
    ...markProblems(rows),
    ...spanBalanceProblems(parts),
    ...duplicateProblems(rows.map(({ tokens, predicate }) => `${tokens.join(" ")} ${predicate ?? ""}`)),
    ...leakProblems(texts),
    ...skeletonProblems(texts),
  ];
}

/** All problems of a set of questions; an empty list is a pass. */
export function checkQuestions(parts: Parts<QuestionRow>): MarkedProblem[] {
  const rows = [...parts.train, ...parts.eval];
  const passages = mapParts(parts, ({ context }) => context);
  return [
    ...sizeProblems(parts),
    ...lengthProblems(passages, markedLimits.maxPassageWords),
    ...passageProblems(passages),
    ...rows.flatMap(questionProblems),
    ...questionBalanceProblems(rows),
    ...duplicateProblems(rows.map(({ context, question }) => `${context} ${question}`)),
    ...leakProblems(passages),
    ...skeletonProblems(
      mapParts(parts, ({ question }) => question),
      markedLimits.maxQuestionMouldShare * rows.length,
    ),
  ];
}

/** "how many", "how" and the like; "whom" and "whose" count as "who". */
export function questionWord(question: string): string {
  const found = /\b(?:how (?:many|much|long)|how|who(?:m|se)?|what|which|where|when|why)\b/iu.exec(question)?.[0];
  return found?.toLowerCase().replace(/^who.*/u, "who") ?? "other";
}

/** Distinct texts of each part. */
function mapParts<Row>(parts: Parts<Row>, textOf: (row: Row) => string): Parts<string> {
  return { train: [...new Set(parts.train.map(textOf))], eval: [...new Set(parts.eval.map(textOf))] };
}

function sizeProblems({ train, eval: evaluation }: Parts<unknown>): MarkedProblem[] {
  const { minTrainRows, minEvalRows } = markedLimits;
  const problem = (part: string, least: number, count: number): MarkedProblem[] =>
    count >= least ? [] : [{ kind: "size", message: `${part}: expected ${least} rows or more, got ${count}` }];
  return [...problem("train", minTrainRows, train.length), ...problem("eval", minEvalRows, evaluation.length)];
}

function lengthProblems(texts: Parts<string>, most: number): MarkedProblem[] {
  return [...texts.train, ...texts.eval].flatMap((text) => {
    const count = words(text).length;
    if (count > 0 && count <= most) return [];
    return [{ kind: "length", message: `expected 1 to ${most} words, got ${count}: ${text}` }];
  });
}

/** Either every sentence has its predicate or none, and no mark lies on the predicate. */
function markProblems(rows: readonly TaggedRow[]): MarkedProblem[] {
  const needsPredicate = rows.some(({ predicate }) => predicate !== undefined);
  return rows.flatMap(({ tokens, tags, predicate }) => {
    const isRight = predicate === undefined ? !needsPredicate : tags[predicate] === "O";
    return isRight ? [] : [{ kind: "mark", message: `expected one unmarked predicate: ${tokens.join(" ")}` }];
  });
}

function spanBalanceProblems({ train, eval: evaluation }: Parts<TaggedRow>): MarkedProblem[] {
  const { minEvalSpans, maxTypeShare } = markedLimits;
  const countsOf = (rows: readonly TaggedRow[]): Map<string, number> =>
    countBy(rows.flatMap(({ tags }) => spansOf(tags, "strict").map(({ type }) => type)));
  const rare = countsOf(evaluation);
  const all = countsOf([...train, ...evaluation]);
  const total = sum(all.values());
  return [...all].flatMap(([type, count]): MarkedProblem[] => {
    const found = `${type} has ${rare.get(type) ?? 0} spans in eval, ${count} of ${total} in all`;
    const isRight = (rare.get(type) ?? 0) >= minEvalSpans && count <= maxTypeShare * total;
    return isRight ? [] : [{ kind: "balance", message: found }];
  });
}

function passageProblems(passages: Parts<string>): MarkedProblem[] {
  const [least, most] = markedLimits.passageSentences;
  return [...passages.train, ...passages.eval].flatMap((passage) => {
    const count = passage.match(/[.!?]"?(?= |$)/gu)?.length ?? 0;
    if (count >= least && count <= most) return [];
    return [{ kind: "length", message: `expected ${least} to ${most} sentences, got ${count}: ${passage}` }];
  });
}

function questionProblems({ question, answers }: QuestionRow): MarkedProblem[] {
  const isGivenAway = answers.some(({ text }) => question.toLowerCase().includes(text.toLowerCase()));
  return [
    ...(question.endsWith("?") ? [] : [{ kind: "mark" as const, message: `no question mark: ${question}` }]),
    ...(isGivenAway ? [{ kind: "mark" as const, message: `the question holds its answer: ${question}` }] : []),
  ];
}

function questionBalanceProblems(rows: readonly QuestionRow[]): MarkedProblem[] {
  const { maxQuestionWordShare, maxFirstAnswerShare } = markedLimits;
  const frequent = [...countBy(rows.map(({ question }) => questionWord(question)))].filter(
    ([, count]) => count > maxQuestionWordShare * rows.length,
  );
  const first = rows.filter(({ answers }) => answers[0]?.answer_start === 0).length;
  return [
    ...frequent.map(([word, count]) => ({ kind: "balance" as const, message: `"${word}" asks ${count} questions` })),
    ...(first > maxFirstAnswerShare * rows.length
      ? [{ kind: "balance" as const, message: `${first} answers begin their passage` }]
      : []),
  ];
}

function duplicateProblems(keys: readonly string[]): MarkedProblem[] {
  const repeated = [...countBy(keys.map((key) => words(key).join(" ")))].filter(([, count]) => count > 1);
  return repeated.map(([key, count]) => ({ kind: "duplicate", message: `${count} times: ${key}` }));
}

function leakProblems(texts: Parts<string>): MarkedProblem[] {
  const train = texts.train.map((text) => ({ text, set: new Set(words(text)) }));
  return texts.eval.flatMap((text) => {
    const own = new Set(words(text));
    const alike = train.find(({ set }) => jaccard(own, set) >= markedLimits.nearDuplicate);
    return alike === undefined ? [] : [{ kind: "near-duplicate", message: `eval: ${text} — train: ${alike.text}` }];
  });
}

function skeletonProblems(texts: Parts<string>, most: number = markedLimits.maxSkeletonUses): MarkedProblem[] {
  const frequent = [...countBy([...texts.train, ...texts.eval].map(skeleton))].filter(([, count]) => count > most);
  return frequent.map(([key, count]) => ({ kind: "skeleton", message: `"${key}" has ${count} texts` }));
}

function sum(values: Iterable<number>): number {
  return [...values].reduce((total, value) => total + value, 0);
}
