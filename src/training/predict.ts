/** Answers texts, words or questions with a trained (or untrained) set of tensors: the try-it box and the command line's `predict`. */
import type { Experiment } from "../config/experiment.ts";
import type { Executor } from "../engine/executor.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import type { ExampleInput } from "../lib/examples/example.ts";
import { likeliestWords } from "../tasks/likeliestWords.ts";
import type { Answer, EncodedSequence, WordShare } from "../tasks/task.ts";
import { startValues } from "./activations.ts";
import { logitsOf } from "./evaluate.ts";
import { openEvaluation } from "./openEvaluation.ts";
import { tokenBudget } from "./prepareData.ts";
import { setUpRun, type EvaluationOutput, type RunSetup } from "./setup.ts";

export interface Predictor {
  /** One answer per input, of the kind the task gives. Throws when an input does not fit the task. */
  predict(inputs: readonly ExampleInput[]): Promise<Answer[]>;
  /** What the evaluation graph gives for encoded sequences, row-major [needed rows, C] of each. */
  logits(sequences: readonly EncodedSequence[]): Promise<Float32Array[]>;
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
  const { experiment, labels } = options;
  const opened = await openPlan(options, experiment.task.kind === "causal-lm" ? "vocabulary" : "labels");
  return {
    async predict(inputs) {
      const { sequences, answers } = opened.setup.task.read(inputs, { labels, budget: opened.budget });
      return answers(await opened.logits(sequences));
    },
    logits: opened.logits,
    dispose: opened.dispose,
  };
}

/** The words that the language-model head puts at each text's mask, most probable first. The head is the model's own. */
export async function wordsAtMask(
  options: PredictorOptions,
  inputs: readonly ExampleInput[],
): Promise<readonly (readonly WordShare[])[]> {
  const { labels, model } = options;
  const opened = await openPlan(options, "vocabulary");
  try {
    const { sequences } = opened.setup.task.read(inputs, { labels, budget: opened.budget });
    return (await opened.logits(sequences)).map((row) => likeliestWords(row, model.tokenizer));
  } finally {
    opened.dispose();
  }
}

interface OpenPlan {
  readonly setup: RunSetup;
  /** Most tokens of an input. */
  readonly budget: number;
  logits(sequences: readonly EncodedSequence[]): Promise<Float32Array[]>;
  dispose(): void;
}

async function openPlan(options: PredictorOptions, output: EvaluationOutput): Promise<OpenPlan> {
  const { experiment, model, labels, executor } = options;
  const setup = setUpRun(experiment, model, labels, { output });
  const values = options.values ?? (await startValues(model, setup, experiment.seed, async () => executor));
  const budget = tokenBudget(experiment, model.family.dimensions.positions);
  const evaluation = await openEvaluation({ executor, setup, values, longest: budget });
  return {
    setup,
    budget,
    logits: (sequences) => logitsOf(evaluation.plan, setup, sequences),
    dispose: () => evaluation.dispose(),
  };
}
