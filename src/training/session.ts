/** One seed's plans on one device: parameters, the training plan and the evaluation plan, opened and disposed together. */
import type { Executor, EvaluationPlan, ParameterStore, TrainedState, TrainingPlan } from "../engine/executor.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { evaluationChunk } from "./evaluate.ts";
import type { RunSetup } from "./setup.ts";

export interface Session {
  readonly executor: Executor;
  readonly store: ParameterStore;
  readonly training: TrainingPlan;
  readonly evaluation: EvaluationPlan;
  dispose(): void;
}

export interface SessionOptions {
  readonly executor: Executor;
  readonly model: LoadedModel;
  readonly setup: RunSetup;
  readonly state: Pick<TrainedState, "values"> & Partial<TrainedState>;
  readonly batchSize: number;
  /** Longest example, tokens. */
  readonly longest: number;
}

/** Uploads the weights and compiles both plans. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { executor, model, setup, state, batchSize, longest } = options;
  const store = executor.createParameters(setup.parameters, new Map([...model.weights, ...state.values]));
  try {
    store.writeState(state);
    const [training, evaluation] = await Promise.all([
      executor.compileTraining(setup.trainingGraph, store, setup.capacities(batchSize, longest)),
      executor.compileEvaluation(setup.evaluationGraph, store, setup.capacities(evaluationChunk, longest)),
    ]);
    const dispose = (): void => {
      training.dispose();
      evaluation.dispose();
      store.dispose();
    };
    return { executor, store, training, evaluation, dispose };
  } catch (error) {
    store.dispose();
    throw error;
  }
}
