/** The best answer to every question, worked out by hand. */
import { expect, it } from "vitest";
import { constantAnswer, meanAnswerF1 } from "../../../src/tasks/metrics/constantAnswer.ts";

const questionsWith = (...texts: readonly string[]) => texts.map((text) => ({ answers: [{ text }] }));

it("is the answer that scores best on the questions it comes from", () => {
  const questions = questionsWith("in Rome", "Rome", "Rome", "Paris");
  expect(constantAnswer(questions)).toBe("Rome");
  // F1 of "Rome" for "in Rome" is 2/3.
  expect(meanAnswerF1(questions, () => "Rome")).toBeCloseTo((2 / 3 + 1 + 1 + 0) / 4, 12);
});

it("counts the best of several right answers", () => {
  expect(meanAnswerF1([{ answers: [{ text: "a house" }, { text: "the mill" }] }], () => "mill")).toBe(1);
});

it("is empty without questions", () => {
  expect(constantAnswer([])).toBe("");
  expect(meanAnswerF1([], () => "")).toBe(0);
});
