/** Intervals of figures that are no share of independent trials, such as F1: examples are drawn again with replacement. */
import { randomStream } from "../../lib/random.ts";

/** Draws behind an interval; enough for bounds that do not jump from evaluation to evaluation. */
const draws = 400;

/**
 * 95 % percentile interval (Efron 1979) of a statistic of examples; [0, 1] without examples. The draws are the same in
 * every call, so that a run can be repeated.
 */
export function bootstrapInterval<Counts>(
  examples: readonly Counts[],
  statistic: (drawn: readonly Counts[]) => number,
): [number, number] {
  if (examples.length === 0) return [0, 1];
  const random = randomStream(0, "bootstrap");
  const draw = (): Counts[] => examples.map((own) => examples[random.integer(examples.length)] ?? own);
  const values = Array.from({ length: draws }, () => statistic(draw())).toSorted((a, b) => a - b);
  const at = (share: number): number => values[Math.round(share * (draws - 1))] ?? 0;
  return [at(0.025), at(0.975)];
}
