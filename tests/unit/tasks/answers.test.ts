/** Exact match and F1 of answers, against SQuAD's own script. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { answerF1, answerWords, bestOf, exactMatch } from "../../../src/tasks/metrics/answers.ts";
import { readJson } from "../../parity/models.ts";

const { cases } = z
  .object({
    cases: z.array(z.object({ actual: z.string(), predicted: z.string(), exact: z.number(), f1: z.number() })),
  })
  .parse(readJson("answer-scores.json"));

describe("SQuAD's script", () => {
  it.each(cases)('scores "$predicted" for "$actual" alike', ({ actual, predicted, exact, f1 }) => {
    expect(exactMatch(actual, predicted)).toBe(exact);
    expect(answerF1(actual, predicted)).toBeCloseTo(f1, 8);
  });
});

it("counts words without case, ASCII punctuation and articles", () => {
  expect(answerWords("The U.S. Army, an ally")).toEqual(["us", "army", "ally"]);
});

it("takes the best of several right answers", () => {
  expect(bestOf(["Rome", "in Rome"], (actual) => answerF1(actual, "in Rome"))).toBe(1);
  expect(bestOf([], () => 1)).toBe(0);
});
