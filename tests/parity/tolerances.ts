/** What must hold between the studio and PyTorch, as shares of the tolerance: 1 is the limit. README.md here states them. */
import type { CaseDocument, GoldenCase, TrainingReplay } from "./replay.ts";
import { studioName } from "./replay.ts";

const LOGIT_TOLERANCE = 1e-4;
const GRADIENT_TOLERANCE = 1e-3;
const GRADIENT_FLOOR = 1e-6;
const LOSS_TOLERANCE = 1e-4;

/** Largest |a − b|; infinite when lengths differ or a value is not a number. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  const differences = Array.from(actual, (value, index) => Math.abs(value - (expected[index] ?? NaN)));
  return differences.reduce((largest, value) => (Number.isNaN(value) ? Infinity : Math.max(largest, value)), 0);
}

/** 1e-4 · max(1, largest |logit|). */
export function logitTolerance(expected: ArrayLike<number>): number {
  return LOGIT_TOLERANCE * Array.from(expected).reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
}

export function logitShare(actual: ArrayLike<number>, { expected }: CaseDocument): number {
  const golden = expected.logits.flat();
  return largestDifference(actual, golden) / logitTolerance(golden);
}

/** By the fixture's name of every trained tensor. */
export function gradientShares({ document, tensors }: GoldenCase, { gradients }: TrainingReplay): Map<string, number> {
  const share = (name: string): number => {
    const whole = gradients.get(studioName(document, name)) ?? new Float32Array();
    const samples = document.gradientSamples[name];
    const actual = samples === undefined ? whole : samples.map((index) => whole[index] ?? NaN);
    const golden = tensors.get(`gradient.${name}`)?.values ?? new Float32Array();
    const allowed = GRADIENT_TOLERANCE * (document.largestGradients[name] ?? 0) + GRADIENT_FLOOR;
    return golden.length === 0 ? Infinity : largestDifference(actual, golden) / allowed;
  };
  return new Map(Object.keys(document.trainables).map((name) => [name, share(name)]));
}

export function lossShare({ steps }: TrainingReplay, { losses }: CaseDocument): number {
  return (
    largestDifference(
      steps.map(({ loss }) => loss),
      losses,
    ) / LOSS_TOLERANCE
  );
}
