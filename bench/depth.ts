/**
 * What is left of a step when less of the model is trained: prompts in all layers, in the top quarter, in none (the head
 * alone). On real texts, with all savings and the cache filled, as a run is after its first pass over them.
 */
import type { LoadedModel } from "../src/models/loadModel.ts";
import { initialValues, setUpRun } from "../src/training/setup.ts";
import type { BenchSession } from "./engines/engine.ts";
import { studioEngine } from "./engines/studio.ts";
import { rounded } from "./measure.ts";
import type { Problem, ProblemSizes } from "./problem.ts";
import { prefixMethod, raggedProblem, type BenchMethod } from "./ragged.ts";
import type { DepthRow } from "./results.ts";
import { takeTurns } from "./takeTurns.ts";

export interface DepthOptions {
  readonly adapter: string;
  readonly steps: number;
}

/** All cases take turns. The first row is the one that the shares of the others refer to. */
export async function measureDepths(
  gpu: GPU,
  model: LoadedModel,
  sizes: ProblemSizes,
  { adapter, steps }: DepthOptions,
): Promise<DepthRow[]> {
  const cases = Object.entries(methodsFor(model, sizes));
  const sessions: BenchSession[] = [];
  for (const [, method] of cases) sessions.push(await studioEngine(gpu).open(await problemOf(model, sizes, method)));
  for (const session of sessions) await session.warmUp?.();
  const times = await takeTurns(sessions, { warmUp: 1, steps });
  const measured = cases.map(([name], index) => ({
    name,
    stepMs: times[index] ?? Number.NaN,
    flops: sessions[index]?.flops?.(0) ?? Number.NaN,
  }));
  for (const session of sessions) session.dispose();
  const [all] = measured;
  return measured.map(({ name, stepMs, flops }) => ({
    adapter,
    model: model.id,
    trained: name,
    sequences: sizes.batchSize,
    tokens: sizes.tokens,
    promptLength: sizes.promptLength,
    steps,
    stepMs: rounded(stepMs),
    flops,
    timeShare: share(stepMs, all?.stepMs),
    flopShare: share(flops, all?.flops),
  }));
}

function methodsFor({ family }: LoadedModel, { promptLength }: ProblemSizes): Readonly<Record<string, BenchMethod>> {
  const { layers } = family.dimensions;
  const top = Array.from({ length: Math.max(1, Math.round(layers / 4)) }, (_, place) => layers - place).toReversed();
  return {
    "prompts in all layers": prefixMethod(promptLength, "all"),
    "prompts in the top quarter": prefixMethod(promptLength, top),
    "head alone": { kind: "head-only" },
  };
}

async function problemOf(model: LoadedModel, sizes: ProblemSizes, method: BenchMethod): Promise<Problem> {
  const problem = await raggedProblem(model, sizes, method);
  const { product } = problem;
  if (product === undefined) throw new Error("Ragged texts come with the run they belong to.");
  const { experiment, data } = product;
  const initial = initialValues(model, setUpRun(experiment, model, data.labels), experiment.seed);
  return { ...problem, initial };
}

function share(value: number, whole: number | undefined): number {
  return Number((value / (whole ?? Number.NaN)).toPrecision(3));
}
