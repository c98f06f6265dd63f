/** Questions as windows of tokens, the rows of their answers, and the best span back as text. */
import { describe, expect, it } from "vitest";
import { defaultTask } from "../../../src/config/experiment.ts";
import { textUnits } from "../../../src/lib/examples/textUnits.ts";
import { bindTask } from "../../../src/tasks/index.ts";
import { bestSpan, questionWindows, rowsOfAnswer } from "../../../src/tasks/questionWindows.ts";
import { fixtureModel } from "../../parity/models.ts";

const model = await fixtureModel("tiny-bert");
const { tokenizer } = model;
const task = bindTask(defaultTask("question-answering"), model);
const labels = ["start", "end"];
const context = "the film (a good story) is never dull";
const question = "is it good";
const example = { context, question, answers: [{ text: "good story", start: 12 }] };

/** Logits of a window that point at these rows. */
function pointing(rows: number, start: number, end: number): Float32Array {
  return Float32Array.from({ length: 2 * rows }, (_, place) => (place === 2 * start || place === 2 * end + 1 ? 9 : 0));
}

it("words and signs of a text have their places, as BERT's pre-tokenizer cuts", () => {
  expect(textUnits(" Don't $5—漢字").map(({ text, start, end }) => [text, start, end])).toEqual([
    ["Don", 1, 4],
    ["'", 4, 5],
    ["t", 5, 6],
    ["$", 7, 8],
    ["5", 8, 9],
    ["—", 9, 10],
    ["漢", 10, 11],
    ["字", 11, 12],
  ]);
});

describe("one window", () => {
  const [window, ...others] = questionWindows(example, tokenizer, { budget: 64, overlap: 8 });
  if (window === undefined) throw new Error("A question has a window.");

  it("is what the tokenizer makes of question and context", () => {
    expect(others).toEqual([]);
    expect(window.encoding).toEqual(tokenizer.encode(question, context, 64));
    expect(window.needed).toHaveLength(window.encoding.ids.length);
  });

  it("knows the rows of the answer, and gives its text back from them", () => {
    const [start, end] = rowsOfAnswer(window, { text: "good story", start: 12 });
    expect(tokenizer.tokenText(window.encoding.ids[start] ?? 0)).toBe("good");
    const span = bestSpan(window, pointing(window.encoding.ids.length, start, end), 30);
    expect(context.slice(span?.start, span?.end)).toBe("good story");
    expect(span?.logit).toBe(18);
  });

  it("points at [CLS] for an answer that it does not hold", () => {
    expect(rowsOfAnswer(window, { text: "beyond", start: 400 })).toEqual([0, 0]);
  });

  it("answers with no more tokens than allowed and never backwards or in the question", () => {
    const rows = window.encoding.ids.length;
    const last = rows - 2;
    const short = bestSpan(window, pointing(rows, window.first, last), 2);
    expect(textUnits(context.slice(short?.start, short?.end)).length).toBeLessThanOrEqual(2);
    const backwards = bestSpan(window, pointing(rows, last, window.first), 30);
    expect((backwards?.end ?? 0) > (backwards?.start ?? 0)).toBe(true);
    expect(bestSpan(window, pointing(rows, 1, 2), 30)?.logit).toBe(0);
  });
});

describe("a context that is too long", () => {
  const long = Array.from({ length: 40 }, (_, index) => ["film", "good", "is"][index % 3]).join(" ");
  const windows = questionWindows({ context: long, question }, tokenizer, { budget: 20, overlap: 5 });

  it("is read in windows that fit and overlap", () => {
    expect(windows.length).toBeGreaterThan(1);
    for (const { encoding } of windows) expect(encoding.ids.length).toBeLessThanOrEqual(20);
    const ends = windows.map(({ units }) => [units.at(0)?.start ?? 0, units.at(-1)?.end ?? 0] as const);
    const overlaps = ends.slice(1).map(([start], index) => start < (ends[index]?.[1] ?? 0));
    expect(overlaps.every(Boolean)).toBe(true);
    expect(ends.at(-1)?.[1]).toBe(long.length);
  });

  it("is answered from the window with the largest logits", () => {
    const part = task.read([{ context: long, question }], { labels, budget: 20 });
    const logits = part.sequences.map(({ encoding }) => new Float32Array(2 * encoding.ids.length));
    const chosen = logits.at(-1);
    const row = part.sequences.at(-1)?.encoding.ids.length ?? 0;
    chosen?.set([5, 0, 0, 5], 2 * (row - 3));
    const [answer] = part.answers(logits);
    expect(answer).toMatchObject({ kind: "span", start: long.length - "is film".length, logit: 10 });
  });
});

describe("scores", () => {
  const part = task.encode([example], { labels, budget: 64 });
  const rows = part.sequences[0]?.encoding.ids.length ?? 0;
  const [start = 0, end = 0] = part.sequences[0]?.labels ?? [];

  it("are SQuAD's F1 and exact match", () => {
    expect(part.score([pointing(rows, start, end)])).toMatchObject({ accuracy: 1, figures: { exactMatch: 1 } });
    const half = part.score([pointing(rows, start, start)]);
    expect(half.accuracy).toBeCloseTo(2 / 3, 12);
    expect(half.figures["exactMatch"]).toBe(0);
  });

  it("have the mean of both cross entropies as their loss", () => {
    expect(part.score([new Float32Array(2 * rows)]).loss).toBeCloseTo(Math.log(rows), 5);
    expect(part.guessingLoss).toBeCloseTo(Math.log(rows), 12);
  });

  it("have answering with the whole context as their baseline", () => {
    const { score } = task.baseline([], [example], labels);
    expect(score).toBeCloseTo(4 / 8, 12);
  });
});
