/** One evaluation plan with its weights on the device, for answers outside a training run. */
import type { EvaluationPlan, Executor } from "../engine/executor.ts";
import type { TrainedValues } from "../methods/method.ts";
import type { RunSetup } from "./setup.ts";

export interface OpenEvaluation {
  readonly plan: EvaluationPlan;
  /** Frees the plan and the weights. */
  dispose(): void;
}

export interface EvaluationOptions {
  readonly executor: Executor;
  readonly setup: RunSetup;
  /** Everything trained, by name. */
  readonly values: TrainedValues;
  /** Most tokens of a sequence. */
  readonly longest: number;
}

/** Compiles the set-up's evaluation graph for chunks of its size. @throws when a value is missing or has a wrong length. */
export async function openEvaluation({ executor, setup, values, longest }: EvaluationOptions): Promise<OpenEvaluation> {
  const store = executor.createParameters(setup.parameters, new Map([...setup.weights, ...values]));
  try {
    const capacities = setup.capacities(setup.evaluationChunk, longest);
    const plan = await executor.compileEvaluation(setup.evaluationGraph, store, capacities);
    return {
      plan,
      dispose() {
        plan.dispose();
        store.dispose();
      },
    };
  } catch (error) {
    store.dispose();
    throw error;
  }
}
