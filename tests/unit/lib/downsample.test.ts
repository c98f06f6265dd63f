/** Thinning a curve keeps what the eye looks for: its ends, its spikes and its order. */
import { describe, expect, it } from "vitest";
import { downsample, type CurvePoint } from "../../../src/lib/downsample.ts";

const curve = (length: number, value: (x: number) => number): CurvePoint[] =>
  Array.from({ length }, (_, x) => ({ x, y: value(x) }));

it("leaves a short curve as it is", () => {
  const points = curve(10, Math.sin);
  expect(downsample(points, 10, 10)).toEqual(points);
});

describe("a long curve", () => {
  const points = curve(10_000, (x) => (x === 7777 ? 100 : x === 3333 ? -100 : Math.sin(x / 500)));
  const thinned = downsample(points, 10_000, 200);

  it("has at most as many points as asked for", () => {
    expect(thinned.length).toBeLessThanOrEqual(200);
    expect(thinned.length).toBeGreaterThan(100);
  });

  it("keeps its highest and its lowest value", () => {
    expect(Math.max(...thinned.map(({ y }) => y))).toBe(100);
    expect(Math.min(...thinned.map(({ y }) => y))).toBe(-100);
  });

  it("keeps a spike near its place", () => {
    expect(Math.abs((thinned.find(({ y }) => y === 100)?.x ?? 0) - 7777)).toBeLessThan(100);
  });

  it("stays in order", () => {
    expect(thinned.every(({ x }, index) => index === 0 || x > (thinned[index - 1]?.x ?? Infinity))).toBe(true);
  });
});

it("puts two runs of one axis at the same places", () => {
  const first = downsample(curve(1000, Math.sin), 1000, 50);
  const second = downsample(curve(1000, Math.cos), 1000, 50);
  expect(first.map(({ x }) => x)).toEqual(second.map(({ x }) => x));
});
