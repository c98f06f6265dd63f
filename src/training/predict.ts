/** Answers texts with a trained (or untrained) set of tensors: the try-it box and the command line's `predict`. */
import type { Experiment } from "../config/experiment.ts";
import type { Executor } from "../engine/executor.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { argmax, softmax } from "../tasks/metrics/classification.ts";
import { evaluationChunk, logitsOf } from "./evaluate.ts";
import { tokenBudget } from "./prepareData.ts";
import { initialValues, setUpRun } from "./setup.ts";

export interface PredictionInput {
  readonly text: string;
  readonly textPair?: string;
}

export interface TextPrediction {
  /** In the order of the labels. */
  readonly logits: Float32Array;
  readonly probabilities: readonly number[];
  readonly label: string;
}

export interface Predictor {
  predict(texts: readonly PredictionInput[]): Promise<TextPrediction[]>;
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

/** Compiles the evaluation plan once for any number of texts. */
export async function createPredictor(options: PredictorOptions): Promise<Predictor> {
  const { experiment, model, labels, executor } = options;
  const setup = setUpRun(experiment, model, labels.length);
  const values = options.values ?? initialValues(model, setup, experiment.seed);
  const budget = tokenBudget(experiment, model.family.dimensions.positions);
  const store = executor.createParameters(setup.parameters, new Map([...model.weights, ...values]));
  const plan = await executor
    .compileEvaluation(setup.evaluationGraph, store, setup.capacities(evaluationChunk, budget))
    .catch((error: unknown) => {
      store.dispose();
      throw error;
    });
  return {
    async predict(texts) {
      const encoded = texts.map(({ text, textPair }) => ({
        encoding: model.tokenizer.encode(text, textPair, budget),
        label: 0,
      }));
      const logits = await logitsOf(plan, setup, encoded);
      return logits.map((row) => ({ logits: row, probabilities: softmax(row), label: labels[argmax(row)] ?? "" }));
    },
    dispose() {
      plan.dispose();
      store.dispose();
    },
  };
}
