/** Accuracy, macro-F1, intervals and losses against scikit-learn, SciPy and known values. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  argmax,
  crossEntropyOf,
  labelEntropyOf,
  macroF1,
  majorityShare,
  softmax,
  wilsonInterval,
} from "../../../src/tasks/metrics/classification.ts";
import { score } from "../../../src/tasks/sequenceClassification.ts";
import { readJson } from "../../parity/models.ts";

const { cases } = z
  .object({
    cases: z.array(
      z.object({
        logits: z.array(z.array(z.number())),
        labels: z.array(z.int()),
        accuracy: z.number(),
        macroF1: z.number(),
        loss: z.number(),
        interval: z.tuple([z.number(), z.number()]),
      }),
    ),
  })
  .parse(readJson("classification-scores.json"));

describe("scikit-learn's scores and SciPy's interval", () => {
  it.each(cases.map((golden, index) => ({ index, golden })))("of case $index are matched", ({ golden }) => {
    const classes = golden.logits[0]?.length ?? 0;
    const logits = golden.logits.map((row) => Float32Array.from(row));
    const scores = score(logits, golden.labels, classes);
    expect(scores.accuracy).toBeCloseTo(golden.accuracy, 8);
    expect(scores.macroF1).toBeCloseTo(golden.macroF1, 8);
    expect(scores.loss).toBeCloseTo(golden.loss, 6);
    expect(scores.interval[0]).toBeCloseTo(golden.interval[0], 8);
    expect(scores.interval[1]).toBeCloseTo(golden.interval[1], 8);
  });
});

describe("the Wilson interval", () => {
  // from scipy.stats import binomtest
  // binomtest(hits, count).proportion_ci(0.95, "wilson")
  it.each([
    [86, 100, 0.7786281178903617, 0.9147365634006087],
    [0, 10, 0, 0.27753279986288926],
    [10, 10, 0.7224672001371109, 1],
    [1, 1, 0.20654931437723745, 1],
  ])("of %i hits in %i is [%f, %f]", (hits, count, low, high) => {
    const interval = wilsonInterval(hits, count);
    expect(interval[0]).toBeCloseTo(low, 12);
    expect(interval[1]).toBeCloseTo(high, 12);
  });

  it("of nothing is everything", () => {
    expect(wilsonInterval(0, 0)).toEqual([0, 1]);
  });
});

describe("macro-F1", () => {
  // from sklearn.metrics import f1_score  (1.9.1)
  // f1_score(labels, predicted, average="macro", zero_division=0)
  it.each([
    ["of three classes", [0, 0, 1, 1, 2, 2, 2, 0, 1, 2], [0, 1, 1, 1, 2, 0, 2, 0, 2, 2], 0.6944444444444443],
    ["of a class that never occurs, which is left out", [0, 0, 1, 3], [0, 1, 1, 1], 0.38888888888888884],
    ["of a class that is never predicted, which counts as zero", [0, 0, 0, 1], [0, 0, 0, 0], 0.42857142857142855],
  ])("%s agrees with scikit-learn", (_case, labels, predicted, expected) => {
    expect(macroF1(predicted, labels, 4)).toBeCloseTo(expected, 12);
  });

  it("of perfect answers is one", () => {
    expect(macroF1([0, 1, 2], [0, 1, 2], 3)).toBe(1);
  });

  it("of no answers is zero", () => {
    expect(macroF1([], [], 3)).toBe(0);
  });
});

describe("the answer", () => {
  it.each([
    [[1, 3, 2], 1],
    [[-5, -1, -3], 1],
    [[7], 0],
  ])("to logits %j is class %i", (logits, expected) => {
    expect(argmax(logits)).toBe(expected);
  });

  it.each([
    [[2, 2, 2], 0],
    [[1, 4, 4], 1],
  ])("to equal logits %j is the first of them", (logits, expected) => {
    expect(argmax(logits)).toBe(expected);
  });
});

describe("softmax and cross entropy", () => {
  it("give shares that sum to one and keep their ratios", () => {
    const [first = 0, second = 0] = softmax([Math.log(1), Math.log(3)]);
    expect(first).toBeCloseTo(0.25, 12);
    expect(second).toBeCloseTo(0.75, 12);
  });

  it("survive very large logits", () => {
    expect(softmax([1000, 1000])).toEqual([0.5, 0.5]);
    expect(crossEntropyOf([1000, 0], 1)).toBeCloseTo(1000, 9);
  });

  it("agree with each other", () => {
    const logits = [0.3, -1.2, 2.5];
    for (const label of [0, 1, 2]) {
      expect(crossEntropyOf(logits, label)).toBeCloseTo(-Math.log(softmax(logits)[label] ?? 0), 12);
    }
  });

  it("of equal logits is the logarithm of the number of classes", () => {
    expect(crossEntropyOf([5, 5, 5, 5], 2)).toBeCloseTo(Math.log(4), 12);
  });
});

it("knows the share of the most frequent label", () => {
  expect(majorityShare([1, 0, 1, 2, 1])).toBe(0.6);
  expect(majorityShare([])).toBe(0);
});

describe("the scores of an evaluation", () => {
  const logits = [Float32Array.of(2, 0), Float32Array.of(0, 1), Float32Array.of(1, 0), Float32Array.of(3, 3)];

  it("hold accuracy, interval, macro-F1, mean loss and the number of examples", () => {
    const scores = score(logits, [0, 1, 1, 0], 2);
    expect(scores).toMatchObject({ accuracy: 0.75, examples: 4, interval: wilsonInterval(3, 4) });
    expect(scores.macroF1).toBeCloseTo(macroF1([0, 1, 0, 0], [0, 1, 1, 0], 2), 12);
    const losses = [Math.log(1 + Math.exp(-2)), Math.log(1 + Math.exp(-1)), Math.log(1 + Math.E), Math.log(2)];
    expect(scores.loss).toBeCloseTo(losses.reduce((sum, loss) => sum + loss, 0) / 4, 6);
  });

  it("of no examples are zero and not undefined", () => {
    expect(score([], [], 2)).toEqual({ accuracy: 0, interval: [0, 1], macroF1: 0, loss: 0, examples: 0, figures: {} });
  });
});

it.each([
  ["two equal classes", [0, 1, 1, 0], Math.log(2)],
  ["one class", [3, 3, 3], 0],
  ["shares of a quarter and three quarters", [0, 1, 1, 1], 0.5623351446188083],
])("measures the label entropy of %s", (_case, labels, entropy) => {
  expect(labelEntropyOf(labels)).toBeCloseTo(entropy, 12);
});
