/**
 * Entities in sequences of BIO tags and their precision, recall and F1, as seqeval counts them: `lenient` is its default
 * (conlleval's reading), `strict` its strict mode with the scheme IOB2.
 */

export interface Span {
  readonly type: string;
  /** Words, end exclusive. */
  readonly start: number;
  readonly end: number;
}

export type SpanReading = "lenient" | "strict";

/** `O`, `B-…` or `I-…`. */
export function isBioTag(tag: string): boolean {
  return /^(?:O|[BI]-.+)$/.test(tag);
}

/** Whether these tags mark spans; otherwise every word stands for itself. */
export function areBioTags(tags: readonly string[]): boolean {
  return tags.some((tag) => /^[BI]-/.test(tag));
}

/**
 * Spans of one sentence in order. An I- tag goes on where a span of its type is open. Otherwise it opens a span in the
 * lenient reading and is passed over in the strict one.
 */
export function spansOf(tags: readonly string[], reading: SpanReading): Span[] {
  const spans: Span[] = [];
  let open: { type: string; start: number } | undefined;
  const close = (end: number): void => {
    if (open !== undefined) spans.push({ ...open, end });
    open = undefined;
  };
  for (const [index, tag] of tags.entries()) {
    const type = tag.slice(2);
    if (tag.startsWith("I-") && open?.type === type) continue;
    close(index);
    if (tag.startsWith("B-") || (tag.startsWith("I-") && reading === "lenient")) open = { type, start: index };
  }
  close(tags.length);
  return spans;
}

/** Spans of one type that are right, found and there. */
export interface SpanCounts {
  readonly correct: number;
  readonly predicted: number;
  readonly actual: number;
}

export interface PrecisionRecall {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** Counts of one sentence by type. A span is right when its type and both its ends are. */
export function countSpans(actual: readonly Span[], predicted: readonly Span[]): Map<string, SpanCounts> {
  const keyOf = ({ type, start, end }: Span): string => `${start} ${end} ${type}`;
  const known = new Set(actual.map(keyOf));
  const counts = new Map<string, SpanCounts>();
  const add = (type: string, more: Partial<SpanCounts>): void => {
    counts.set(type, sumCounts([counts.get(type) ?? noSpans, { ...noSpans, ...more }]));
  };
  for (const { type } of actual) add(type, { actual: 1 });
  for (const span of predicted) add(span.type, { predicted: 1, correct: known.has(keyOf(span)) ? 1 : 0 });
  return counts;
}

const noSpans: SpanCounts = { correct: 0, predicted: 0, actual: 0 };

export function sumCounts(counts: Iterable<SpanCounts>): SpanCounts {
  let [correct, predicted, actual] = [0, 0, 0];
  for (const each of counts) {
    correct += each.correct;
    predicted += each.predicted;
    actual += each.actual;
  }
  return { correct, predicted, actual };
}

/** Zero where nothing was found or nothing was there. */
export function precisionRecall({ correct, predicted, actual }: SpanCounts): PrecisionRecall {
  const precision = predicted === 0 ? 0 : correct / predicted;
  const recall = actual === 0 ? 0 : correct / actual;
  const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { precision, recall, f1 };
}

/** Mean F1 over all types that are there or were found (seqeval's macro average). */
export function macroSpanF1(sentences: readonly ReadonlyMap<string, SpanCounts>[]): number {
  const types = [...new Set(sentences.flatMap((sentence) => [...sentence.keys()]))];
  const scores = types.map((type) => {
    return precisionRecall(sumCounts(sentences.flatMap((sentence) => sentence.get(type) ?? []))).f1;
  });
  return scores.length === 0 ? 0 : scores.reduce((sum, score) => sum + score, 0) / scores.length;
}
