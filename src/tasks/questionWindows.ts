/** A question and its context as windows of tokens that overlap, with the way back from rows to characters. */
import type { ContextAnswer, QuestionInput } from "../lib/examples/example.ts";
import { textUnits, type TextUnit } from "../lib/examples/textUnits.ts";
import type { PackedSequence } from "../models/packing.ts";
import type { Tokenizer } from "../models/tokenizer.ts";

/** [CLS] question [SEP] part of the context [SEP]; every row may start or end an answer. */
export interface QuestionWindow extends PackedSequence {
  /** Row of the first piece of the context. */
  readonly first: number;
  /** The word (or sign) of the context that each piece belongs to, one per row from `first` on. */
  readonly units: readonly TextUnit[];
}

/** Neighbouring windows share `overlap` tokens, at most half of what fits. A question takes at most half of the budget. */
export function questionWindows(
  { context, question }: QuestionInput,
  tokenizer: Tokenizer,
  { budget, overlap }: { budget: number; overlap: number },
): QuestionWindow[] {
  const whole = tokenizer.pieces(question).map(({ id }) => id);
  const asked = whole.slice(0, Math.floor((budget - 3) / 2));
  const pieces = textUnits(context).flatMap((unit) => tokenizer.pieces(unit.text).map(({ id }) => ({ id, unit })));
  const room = Math.max(1, budget - 3 - asked.length);
  const step = room - Math.min(overlap, Math.floor(room / 2));
  const count = 1 + Math.ceil(Math.max(0, pieces.length - room) / step);
  return Array.from({ length: count }, (_, index) => {
    const part = pieces.slice(index * step, index * step + room);
    const encoding = tokenizer.wrap(
      asked,
      part.map(({ id }) => id),
    );
    return {
      encoding: { ...encoding, truncated: asked.length < whole.length },
      needed: Int32Array.from({ length: encoding.ids.length }, (_row, row) => row),
      first: asked.length + 2,
      units: part.map(({ unit }) => unit),
    };
  });
}

/** First and last row of an answer; both 0, the row of [CLS], when the window does not hold all of it. */
export function rowsOfAnswer({ units, first }: QuestionWindow, { text, start }: ContextAnswer): [number, number] {
  const end = start + text.length;
  const inside = (unit: TextUnit): boolean => unit.start < end && unit.end > start;
  const [from, to] = [units.findIndex(inside), units.findLastIndex(inside)];
  const whole = from >= 0 && (units[from]?.start ?? end) <= start && (units[to]?.end ?? start) >= end;
  return whole ? [first + from, first + to] : [0, 0];
}

export interface BestSpan {
  /** Characters of the context, end exclusive. */
  readonly start: number;
  readonly end: number;
  /** Start logit plus end logit. */
  readonly logit: number;
  /** Softmax of the start times softmax of the end, each over all rows of the window. */
  readonly probability: number;
}

/** The span of at most `longest` tokens with the largest sum of start and end logit; logits are [rows, 2]. */
export function bestSpan(
  { units, first }: QuestionWindow,
  logits: Float32Array,
  longest: number,
): BestSpan | undefined {
  let best: Omit<BestSpan, "probability"> | undefined;
  for (const [from, opening] of units.entries()) {
    const startLogit = logits[2 * (first + from)] ?? -Infinity;
    for (let to = from; to < Math.min(units.length, from + longest); to++) {
      const logit = startLogit + (logits[2 * (first + to) + 1] ?? -Infinity);
      const closing = units[to];
      if (closing === undefined || (best !== undefined && logit <= best.logit)) continue;
      best = { start: opening.start, end: closing.end, logit };
    }
  }
  if (best === undefined) return undefined;
  const total = logSum(logits, 0) + logSum(logits, 1);
  return { ...best, probability: Math.exp(best.logit - total) };
}

/** log Σ exp over the rows of one of the two columns of logits [rows, 2]. */
function logSum(logits: Float32Array, column: 0 | 1): number {
  const values = Array.from({ length: logits.length / 2 }, (_, row) => logits[2 * row + column] ?? -Infinity);
  const largest = Math.max(...values);
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}
