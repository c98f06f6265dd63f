/** Answers texts, words or questions with a trained (or untrained) set of tensors: the try-it box and the command line's `predict`. */
import type { Experiment } from "../config/experiment.ts";
import type { Executor } from "../engine/executor.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import type { ExampleInput } from "../lib/examples/example.ts";
import type { Answer } from "../tasks/task.ts";
import { startValues } from "./activations.ts";
import { logitsOf } from "./evaluate.ts";
import { tokenBudget } from "./prepareData.ts";
import { setUpRun } from "./setup.ts";

export interface Predictor {
  /** One answer per input, of the kind the task gives. Throws when an input does not fit the task. */
  predict(inputs: readonly ExampleInput[]): Promise<Answer[]>;
  dispose(): void;
}

export interface PredictorOptions {
  readonly experiment: Experiment;
  readonly model: LoadedModel;
  readonly labels: readonly string[];
  readonly executor: Executor;
  /** Trained values by name; without them the untrained start of the seed answers. */
  readonly values?: ReadonlyMap<string, Float32Array>;
}

/** Compiles the evaluation plan once for any number of inputs. */
export async function createPredictor(options: PredictorOptions): Promise<Predictor> {
  const { experiment, model, labels, executor } = options;
  const setup = setUpRun(experiment, model, labels);
  const values = options.values ?? (await startValues(model, setup, experiment.seed, async () => executor));
  const budget = tokenBudget(experiment, model.family.dimensions.positions);
  const store = executor.createParameters(setup.parameters, new Map([...setup.weights, ...values]));
  const plan = await executor
    .compileEvaluation(setup.evaluationGraph, store, setup.capacities(setup.evaluationChunk, budget))
    .catch((error: unknown) => {
      store.dispose();
      throw error;
    });
  return {
    async predict(inputs) {
      const { sequences, answers } = setup.task.read(inputs, { labels, budget });
      return answers(await logitsOf(plan, setup, sequences));
    },
    dispose() {
      plan.dispose();
      store.dispose();
    },
  };
}
