/** Numbers as people read them. */
import { describe, expect, it } from "vitest";
import {
  formatBytes,
  formatCount,
  formatNumber,
  formatPercent,
  formatRate,
  formatScore,
  formatSeconds,
  formatShortCount,
} from "../../../src/lib/format.ts";

it.each([
  [0, "0"],
  [999, "999"],
  [1000, "1,000"],
  [1906818, "1,906,818"],
])("counts %d as %s", (value, text) => {
  expect(formatCount(value)).toBe(text);
});

it.each([
  [120, "120"],
  [8450, "8,450"],
  [16_384, "16.4 k"],
  [1_906_818, "1.9 M"],
  [3_000_000_000, "3.0 G"],
])("shortens %d to %s", (value, text) => {
  expect(formatShortCount(value)).toBe(text);
});

it.each([
  [0, "0.0 %"],
  [0.0044, "0.44 %"],
  [0.00044, "0.044 %"],
  [0.05, "5.0 %"],
  [0.862, "86.2 %"],
  [1, "100.0 %"],
])("writes the share %d as %s", (share, text) => {
  expect(formatPercent(share)).toBe(text);
});

it.each([
  [0.8624, "0.862"],
  [1, "1.000"],
  [NaN, "–"],
])("writes the score %d as %s", (score, text) => {
  expect(formatScore(score)).toBe(text);
});

it.each([
  [12, "12 B"],
  [1000, "1.0 kB"],
  [38_400_000, "38 MB"],
  [999_600, "1.0 MB"],
  [2_500_000_000, "2.5 GB"],
])("writes %d bytes as %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

it.each([
  [0.4, "0.4 s"],
  [4.2, "4 s"],
  [59.4, "59 s"],
  [59.7, "1 min 0 s"],
  [80, "1 min 20 s"],
  [7500, "2 h 5 min"],
  [Infinity, "–"],
])("writes %d seconds as %s", (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});

describe("a setting", () => {
  it.each([
    [0.030000001, "0.03"],
    [0.00001, "1e-5"],
    [0, "0"],
    [1234.5, "1230"],
    [-0.5, "-0.5"],
    [2_000_000, "2e6"],
  ])("of %d reads %s", (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });
});

it.each([
  [7.25, "7.3"],
  [1234, "1,234"],
])("writes %d steps per second as %s", (rate, text) => {
  expect(formatRate(rate)).toBe(text);
});
