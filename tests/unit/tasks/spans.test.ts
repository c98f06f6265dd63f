/** Spans of BIO tags and their scores, against seqeval's and by hand. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { areBioTags, isBioTag, macroSpanF1, countSpans, spansOf } from "../../../src/tasks/metrics/spans.ts";
import { scoreTags } from "../../../src/tasks/tagScores.ts";
import { readJson } from "../../parity/models.ts";

const scoresSchema = z.object({
  precision: z.number(),
  recall: z.number(),
  f1: z.number(),
  /** seqeval has none where nothing is there and nothing found. */
  macroF1: z.number().nullable(),
  accuracy: z.number(),
});
const sentencesSchema = z.array(z.array(z.string()));
const { cases } = z
  .object({
    cases: z.array(
      z.object({ actual: sentencesSchema, predicted: sentencesSchema, lenient: scoresSchema, strict: scoresSchema }),
    ),
  })
  .parse(readJson("tag-scores.json"));

/** Also where neither side of a case holds a span. */
const labels = [...new Set(cases.flatMap(({ actual }) => actual.flat()))];

describe.each(["lenient", "strict"] as const)("seqeval's %s scores", (reading) => {
  it.each(cases.map((golden, index) => ({ index, golden })))("of case $index are matched", ({ golden }) => {
    const examples = golden.actual.map((tags) => ({ tokens: tags.map(() => "word"), tags }));
    const { accuracy, macroF1, figures } = scoreTags(examples, golden.predicted, { spans: reading, labels });
    const expected = golden[reading];
    expect(accuracy).toBeCloseTo(expected.f1, 8);
    expect(macroF1).toBeCloseTo(expected.macroF1 ?? 0, 8);
    expect(figures["precision"]).toBeCloseTo(expected.precision, 8);
    expect(figures["recall"]).toBeCloseTo(expected.recall, 8);
    expect(figures["tagAccuracy"]).toBeCloseTo(expected.accuracy, 8);
  });
});

describe("a span", () => {
  const spans = (tags: string, reading: "lenient" | "strict"): string[] =>
    spansOf(tags.split(" "), reading).map(({ type, start, end }) => `${type} ${start}-${end}`);

  it.each([
    ["B-a I-a O B-a", ["a 0-2", "a 3-4"], ["a 0-2", "a 3-4"]],
    ["B-a B-a", ["a 0-1", "a 1-2"], ["a 0-1", "a 1-2"]],
    ["O I-a I-a O", ["a 1-3"], []],
    ["B-a I-b", ["a 0-1", "b 1-2"], ["a 0-1"]],
    ["B-x-y I-x-y", ["x-y 0-2"], ["x-y 0-2"]],
    ["O O", [], []],
  ])("is read from %s", (tags, lenient, strict) => {
    expect(spans(tags, "lenient")).toEqual(lenient);
    expect(spans(tags, "strict")).toEqual(strict);
  });
});

it("a type that is never there but found counts in the mean over types", () => {
  const counts = [countSpans(spansOf(["B-a", "O"], "strict"), spansOf(["B-a", "B-b"], "strict"))];
  expect(macroSpanF1(counts)).toBe(0.5);
});

it("knows BIO tags from others", () => {
  expect(["O", "B-a", "I-b"].map(isBioTag)).toEqual([true, true, true]);
  expect(["B", "I-", "NOUN", "E-a"].map(isBioTag)).toEqual([false, false, false, false]);
  expect(areBioTags(["NOUN", "VERB"])).toBe(false);
  expect(areBioTags(["O", "I-a"])).toBe(true);
});
