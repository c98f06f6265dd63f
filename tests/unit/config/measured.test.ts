/** What the page says of combinations that do not learn, and that the written figures belong to sets that exist. */
import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { doesNotLearn, learningMargin, measured, type Measured } from "../../../src/config/measured.ts";

const one: Measured = {
  data: "questions",
  method: "prefix-tuning",
  scoreName: "F1",
  score: 0.116,
  baseline: { name: "the whole context", score: 0.108 },
  seeds: 1,
};

it("names the figures of a combination near its baseline, and nothing for one that learns or was not measured", () => {
  expect(doesNotLearn("questions", "prefix-tuning", [one])).toBe(one);
  const learnt = { ...one, score: one.baseline.score + learningMargin + 0.001 };
  expect(doesNotLearn("questions", "prefix-tuning", [learnt])).toBeUndefined();
  expect(doesNotLearn("questions", "lora", [one])).toBeUndefined();
});

it("measures built-in sets only, each combination once", () => {
  const missing = measured.filter(({ data }) => !existsSync(`public/data/${data}/dataset.json`));
  expect(missing).toEqual([]);
  expect(new Set(measured.map(({ data, method }) => `${data} ${method}`)).size).toBe(measured.length);
});
