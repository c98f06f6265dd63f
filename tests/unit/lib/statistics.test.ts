/** Mean and sample deviation. */
import { expect, it } from "vitest";
import { deviation, mean } from "../../../src/lib/statistics.ts";

// python -c "import statistics as s; print(s.mean([0.8, 0.9, 0.7]), s.stdev([0.8, 0.9, 0.7]))"
it("gives the mean and the deviation with n − 1", () => {
  expect(mean([0.8, 0.9, 0.7])).toBeCloseTo(0.8, 12);
  expect(deviation([0.8, 0.9, 0.7])).toBeCloseTo(0.1, 12);
});

it("a single value has no spread", () => {
  expect(deviation([0.8])).toBe(0);
});
