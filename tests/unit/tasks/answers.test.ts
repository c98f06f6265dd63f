/** Exact match and F1 of answers, against the functions of SQuAD 2.0 and the script of SQuAD 1.1. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { answerF1, answerWords, bestOf, exactMatch } from "../../../src/tasks/metrics/answers.ts";
import { scoreAnswers } from "../../../src/tasks/questionAnswering.ts";
import { readJson } from "../../parity/models.ts";

const pairSchema = z.object({
  actual: z.string(),
  predicted: z.string(),
  exact: z.number(),
  f1: z.number(),
  exactV1: z.number(),
  f1V1: z.number(),
});
const golden = z
  .object({
    cases: z.array(pairSchema),
    questions: z.array(z.object({ answers: z.array(z.string()), predicted: z.string() })),
    exactMatch: z.number(),
    f1: z.number(),
  })
  .parse(readJson("answer-scores.json"));

describe("SQuAD's scripts", () => {
  it.each(golden.cases)('score "$predicted" for "$actual" alike', ({ actual, predicted, ...expected }) => {
    expect(exactMatch(actual, predicted)).toBe(expected.exact);
    expect(answerF1(actual, predicted)).toBeCloseTo(expected.f1, 8);
    expect(exactMatch(actual, predicted)).toBe(expected.exactV1);
    // Version 1.1 gives two answers without words an F1 of 0, though they match exactly.
    const wordless = answerWords(actual).length + answerWords(predicted).length === 0;
    expect(wordless ? 0 : answerF1(actual, predicted)).toBeCloseTo(expected.f1V1, 8);
  });

  it("give a set of questions with several right answers the same means", () => {
    const questions = golden.questions.map(({ answers, predicted }) => ({
      example: { context: "", question: "", answers: answers.map((text) => ({ text, start: 0 })) },
      predicted,
    }));
    const { accuracy, figures } = scoreAnswers(
      questions.map(({ example }) => example),
      questions.map(({ predicted }) => predicted),
    );
    expect(100 * accuracy).toBeCloseTo(golden.f1, 6);
    expect(100 * (figures["exactMatch"] ?? 0)).toBeCloseTo(golden.exactMatch, 6);
    expect(golden.exactMatch).toBeGreaterThan(20);
    expect(golden.exactMatch).toBeLessThan(golden.f1);
  });
});

it("counts words without case, ASCII punctuation and articles", () => {
  expect(answerWords("The U.S. Army, an ally")).toEqual(["us", "army", "ally"]);
});

it("takes the best of several right answers", () => {
  expect(bestOf(["Rome", "in Rome"], (actual) => answerF1(actual, "in Rome"))).toBe(1);
  expect(bestOf([], () => 1)).toBe(0);
});
