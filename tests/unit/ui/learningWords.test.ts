/** The badge of a method that was measured and does not learn. */
import { expect, it } from "vitest";
import { defaultExperiment } from "../../../src/config/experiment.ts";
import type { Measured } from "../../../src/config/measured.ts";
import { figureWords, knownNotToLearn } from "../../../src/ui/experiment/learningWords.ts";

const weak: Measured = {
  data: "questions",
  method: "head-only",
  scoreName: "F1",
  score: 0.1234,
  baseline: { name: "the whole context", score: 0.112 },
  seeds: 3,
};
const base = defaultExperiment("prefix-tuning", "question-answering");
const asked = { ...base, data: { kind: "built-in", id: "questions" } as const };

it("stands on the method and the data that were measured, with the figures", () => {
  const found = knownNotToLearn(asked, "head-only", [weak]);
  expect(found && figureWords(found)).toBe("F1 0.123, 0.112 without learning");
  expect(knownNotToLearn(asked, "prefix-tuning", [weak])).toBeUndefined();
  expect(knownNotToLearn({ ...asked, data: { kind: "own", name: "questions" } }, "head-only", [weak])).toBeUndefined();
  expect(knownNotToLearn({ ...asked, model: "mine" }, "head-only", [weak])).toBeUndefined();
});

it("is not there for a method that beats the baseline", () => {
  expect(knownNotToLearn(asked, "head-only", [{ ...weak, score: 0.3 }])).toBeUndefined();
});
