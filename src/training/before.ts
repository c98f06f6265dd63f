/** How well the model answers before any training, where it can: a head that is the model's own needs none. */
import type { Experiment } from "../config/experiment.ts";
import type { Executor } from "../engine/executor.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import type { Scores } from "../tasks/task.ts";
import { bareExperiment } from "./bare.ts";
import { logitsOf } from "./evaluate.ts";
import { openEvaluation } from "./openEvaluation.ts";
import { prepareData, type ExampleSet } from "./prepareData.ts";
import { setUpRun } from "./setup.ts";

export interface BeforeOptions {
  readonly experiment: Experiment;
  readonly model: LoadedModel;
  readonly examples: ExampleSet;
  readonly executor: Executor;
}

/**
 * Scores of the frozen model without any prompt on the evaluation examples of the run's seed. Undefined when the task's
 * head starts at random, because its answers would say nothing.
 */
export async function scoreBefore({
  experiment,
  model,
  examples,
  executor,
}: BeforeOptions): Promise<Scores | undefined> {
  const bare = bareExperiment(experiment);
  const data = prepareData(examples, bare, model, experiment.seed);
  const setup = setUpRun(bare, model, data.labels);
  if (setup.trained.length > 0) return undefined;
  const { plan, dispose } = await openEvaluation({ executor, setup, values: new Map(), longest: data.longest });
  try {
    return data.evaluation.score(await logitsOf(plan, setup, data.evaluation.sequences));
  } finally {
    dispose();
  }
}
