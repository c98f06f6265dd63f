/** Named random streams: reproducible, independent of each other, and with the distributions they claim. */
import { expect, it } from "vitest";
import { normalValues, randomStream, type RandomStream } from "../../../src/lib/random.ts";
import { deviation, mean } from "../../../src/lib/statistics.ts";

function draws(stream: RandomStream, count: number): number[] {
  return Array.from({ length: count }, () => stream.uniform());
}

it("gives the same draws for the same seed and name", () => {
  expect(draws(randomStream(7, "order", "epoch 3"), 50)).toEqual(draws(randomStream(7, "order", "epoch 3"), 50));
});

it.each([
  ["another name", randomStream(7, "head")],
  ["another second name", randomStream(7, "order", "epoch 4")],
  ["another seed", randomStream(8, "order", "epoch 3")],
])("gives other draws for %s", (_difference, other) => {
  const first = new Set(draws(randomStream(7, "order", "epoch 3"), 50));
  expect(draws(other, 50).filter((value) => first.has(value))).toEqual([]);
});

it("draws uniform numbers in [0, 1) with mean 1/2 and variance 1/12", () => {
  const values = draws(randomStream(1, "uniform"), 20_000);
  expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
  expect(mean(values)).toBeCloseTo(0.5, 2);
  expect(deviation(values) ** 2).toBeCloseTo(1 / 12, 2);
});

it("draws normal numbers with mean 0, variance 1, no skew and a fourth moment of 3", () => {
  const stream = randomStream(1, "normal");
  const values = Array.from({ length: 50_000 }, () => stream.normal());
  const moment = (power: number): number => mean(values.map((value) => value ** power));
  expect(Math.abs(moment(1))).toBeLessThan(0.02);
  expect(Math.abs(moment(2) - 1)).toBeLessThan(0.03);
  expect(Math.abs(moment(3))).toBeLessThan(0.06);
  expect(Math.abs(moment(4) - 3)).toBeLessThan(0.2);
});

it("scales normal values by the standard deviation asked for", () => {
  expect(deviation([...normalValues(randomStream(1, "scale"), 20_000, 0.02)])).toBeCloseTo(0.02, 3);
});

it("draws every integer below the bound about equally often", () => {
  const stream = randomStream(1, "integer");
  const counts = new Array<number>(6).fill(0);
  for (let draw = 0; draw < 12_000; draw++) {
    const value = stream.integer(6);
    counts[value] = (counts[value] ?? 0) + 1;
  }
  expect(counts).toHaveLength(6);
  for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
});

it("shuffles to a permutation and leaves its input alone", () => {
  const items = Array.from({ length: 100 }, (_, index) => index);
  const shuffled = randomStream(1, "shuffle").shuffle(items);
  expect(shuffled).not.toEqual(items);
  expect(shuffled.toSorted((a, b) => a - b)).toEqual(items);
  expect(items).toEqual(Array.from({ length: 100 }, (_, index) => index));
});

it("puts every item at every place about equally often", () => {
  const stream = randomStream(1, "places");
  const counts = new Map<string, number>();
  for (let round = 0; round < 6000; round++) {
    const key = stream.shuffle(["a", "b", "c"]).join("");
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(130);
});

it.each([[[]], [["only"]]])("shuffles %j to itself", (items: string[]) => {
  expect(randomStream(1).shuffle(items)).toEqual(items);
});
