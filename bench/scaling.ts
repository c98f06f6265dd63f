/**
 * How the studio's step grows when one size is doubled, beside the FLOP model. Where matrix products dominate, time must
 * grow as the model says, within a quarter; a kernel that wastes work at some size shows here.
 */
import { studioEngine } from "./engines/studio.ts";
import { matmulShare } from "./kernelRates.ts";
import { rounded } from "./measure.ts";
import { randomModel, type EncoderShape } from "./models.ts";
import { equalProblem, type Problem, type ProblemSizes } from "./problem.ts";
import type { ScalingRow } from "./results.ts";
import { takeTurns } from "./takeTurns.ts";

type Sizes = Pick<EncoderShape, "layers" | "width"> & ProblemSizes;

/** Sizes whose products dominate and whose step takes about a tenth of a second on the kind of adapter. */
const bases = {
  software: { layers: 2, width: 128, promptLength: 4, batchSize: 16, tokens: 24 },
  hardware: { layers: 6, width: 768, promptLength: 16, batchSize: 32, tokens: 128 },
} as const satisfies Record<string, Sizes>;

const axes = ["promptLength", "layers", "tokens", "batchSize", "width"] as const;

/** Share of matrix products from which on the FLOP model must hold. */
export const dominatedShare = 0.85;
/** Largest relative deviation of time from the model there. */
export const scalingTolerance = 0.25;

export interface ScalingOptions {
  readonly adapter: string;
  readonly kind: keyof typeof bases;
  readonly steps: number;
}

/** Each size doubled alone, all sessions taking turns. */
export async function measureScaling(gpu: GPU, { adapter, kind, steps }: ScalingOptions): Promise<ScalingRow[]> {
  const base: Sizes = bases[kind];
  const variants = [base, ...axes.map((axis): Sizes => ({ ...base, [axis]: 2 * base[axis] }))];
  const problems = await Promise.all(variants.map(problemOf));
  const milliseconds = await timeTogether(gpu, problems, steps);
  const [baseTime = Number.NaN, ...times] = milliseconds.map(({ time }) => time);
  const [baseFlops = Number.NaN, ...flops] = milliseconds.map(({ flops: count }) => count);
  return axes.map((axis, index): ScalingRow => {
    const problem = problems[index + 1];
    const flopRatio = (flops[index] ?? Number.NaN) / baseFlops;
    const timeRatio = (times[index] ?? Number.NaN) / baseTime;
    return {
      adapter,
      axis,
      from: base[axis],
      to: 2 * base[axis],
      flopRatio: rounded(flopRatio),
      timeRatio: rounded(timeRatio),
      ratio: rounded(timeRatio / flopRatio),
      matmulShare: rounded(problem === undefined ? 0 : matmulShare(problem)),
    };
  });
}

async function problemOf({ layers, width, promptLength, batchSize, tokens }: Sizes): Promise<Problem> {
  const shape = { layers, width, heads: width / 32, feedForward: 4 * width, vocabulary: 1024, positions: 512 };
  return equalProblem(await randomModel(`encoder-l${layers}-d${width}`, shape), { promptLength, batchSize, tokens });
}

async function timeTogether(
  gpu: GPU,
  problems: readonly Problem[],
  steps: number,
): Promise<{ time: number; flops: number }[]> {
  const sessions = [];
  for (const problem of problems) sessions.push(await studioEngine(gpu).open(problem));
  const times = await takeTurns(sessions, { warmUp: 2, steps });
  const measured = sessions.map((session, index) => ({
    time: times[index] ?? Number.NaN,
    flops: session.flops?.(0) ?? Number.NaN,
  }));
  for (const session of sessions) session.dispose();
  return measured;
}
