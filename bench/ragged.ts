/**
 * Real texts of different lengths: SST-2 where an optional folder `shared` beside the repository holds it, else the
 * built-in sentences. They are read, encoded and labelled by the studio's own loop.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readExampleSet } from "../src/cli/files.ts";
import { parseExperiment, type Experiment } from "../src/config/experiment.ts";
import type { LoadedModel } from "../src/models/loadModel.ts";
import { prepareData } from "../src/training/prepareData.ts";
import { adamw, productProblem, type Problem, type ProblemSizes } from "./problem.ts";

const batches = 8;
const seed = 1;

/** A method's settings as an experiment holds them. */
export type BenchMethod = { readonly kind: "head-only" } | ReturnType<typeof prefixMethod>;

/** Layers are counted from 1 at the bottom. */
export function prefixMethod(promptLength: number, layers: "all" | number[]) {
  return { kind: "prefix-tuning" as const, promptLength, layers };
}

/** The first texts of the data, as many as eight batches hold. */
export async function raggedProblem(
  model: LoadedModel,
  sizes: ProblemSizes,
  method: BenchMethod = prefixMethod(sizes.promptLength, "all"),
): Promise<Problem> {
  const experiment = experimentOf(sizes, method);
  const { name, train } = await readExampleSet(experiment, undefined);
  const set = {
    name,
    train: train.slice(0, batches * sizes.batchSize),
    evaluation: train.slice(0, sizes.batchSize),
  };
  return productProblem(model, sizes, { experiment, data: prepareData(set, experiment, model, seed) });
}

/** The benchmark's training as the page would describe it. */
function experimentOf({ batchSize, tokens }: ProblemSizes, method: BenchMethod): Experiment {
  const sst2 = join(process.cwd(), "..", "shared", "data", "sst2", "train.jsonl");
  return parseExperiment({
    data: existsSync(sst2) ? { kind: "own", name: sst2 } : { kind: "built-in", id: "sentiment" },
    method,
    training: {
      learningRate: adamw.learningRate,
      weightDecay: adamw.weightDecay,
      schedule: "constant",
      clipNorm: 0,
      batchSize,
      maxTokens: tokens,
    },
    seed,
  });
}
