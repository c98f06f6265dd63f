/** One seed's plans on one device: parameters, training, evaluation and the frozen trunk, opened and disposed together. */
import type { TrainingSettings } from "../config/training.ts";
import type {
  EvaluationPlan,
  Executor,
  ParameterStore,
  StepValues,
  TrainedState,
  TrainingPlan,
  UpdateSettings,
} from "../engine/executor.ts";
import { microBatches } from "../engine/graph/sequences.ts";
import { evaluationChunk } from "./evaluate.ts";
import { FrontierCache } from "./frontierCache.ts";
import type { PreparedData } from "./prepareData.ts";
import { planRun, type RunPlan } from "./runPlan.ts";
import type { RunSetup } from "./setup.ts";

export interface Session {
  readonly executor: Executor;
  readonly store: ParameterStore;
  /** What was compiled and for how many rows. */
  readonly plan: RunPlan;
  readonly training: TrainingPlan;
  /** Takes the inputs of whole sequences, as the set-up packs them. */
  readonly evaluation: EvaluationPlan;
  /** Absent where keeping the frontier does not pay. */
  readonly cache?: FrontierCache;
  /** Enqueues one step on a whole batch; waits only for rows that the cache does not have yet. */
  step(batch: StepValues, update: UpdateSettings): Promise<void>;
  dispose(): void;
}

export interface SessionOptions {
  readonly executor: Executor;
  readonly setup: RunSetup;
  readonly settings: TrainingSettings;
  readonly data: Pick<PreparedData, "train" | "evaluation" | "longest">;
  readonly state: Pick<TrainedState, "values"> & Partial<TrainedState>;
  /** Replaces the setting's micro-batch where memory was short. */
  readonly microBatch?: number;
}

/** Uploads the weights and compiles all plans. @throws OutOfDeviceMemoryError when they do not fit. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { executor, setup, state } = options;
  const plan = planRun(options);
  const tables = (plan.chosen?.tables ?? []).map(
    ({ name, rows, width }) => [name, new Float32Array(rows * width)] as const,
  );
  const store = executor.createParameters(plan.parameters, new Map([...setup.weights, ...state.values, ...tables]));
  try {
    store.writeState(state);
    return assemble(options, plan, store, await compile(options, plan, store));
  } catch (error) {
    store.dispose();
    throw error;
  }
}

interface Plans {
  readonly training: TrainingPlan;
  readonly evaluation: EvaluationPlan;
  readonly trunk: EvaluationPlan | undefined;
}

/** Compiles side by side; when one fails, the others are disposed. */
async function compile({ executor, settings }: SessionOptions, plan: RunPlan, store: ParameterStore): Promise<Plans> {
  const { chosen, evaluationCapacities, trainingCapacities } = plan;
  const accumulate = plan.microBatch < settings.batchSize;
  const training = executor.compileTraining(plan.trainingGraph, store, trainingCapacities, { accumulate });
  const evaluation = executor.compileEvaluation(plan.evaluationGraph, store, evaluationCapacities);
  const trunk =
    chosen === undefined ? undefined : executor.compileEvaluation(chosen.frontier.trunk, store, evaluationCapacities);
  const outcomes = await Promise.allSettled([training, evaluation, trunk]);
  if (outcomes.some(({ status }) => status === "rejected")) {
    for (const outcome of outcomes) if (outcome.status === "fulfilled") outcome.value?.dispose();
  }
  return { training: await training, evaluation: await evaluation, trunk: await trunk };
}

function assemble({ executor }: SessionOptions, plan: RunPlan, store: ParameterStore, plans: Plans): Session {
  const { training, evaluation, trunk } = plans;
  const { chosen, layout, trainingGraph, evaluationGraph } = plan;
  const cache =
    chosen === undefined || trunk === undefined
      ? undefined
      : new FrontierCache({ ...chosen, layout, trunk, trunkSequences: evaluationChunk, store });
  const fill = async (values: StepValues): Promise<StepValues> => cache?.fill(values) ?? values;
  return {
    executor,
    store,
    plan,
    training,
    ...(cache === undefined ? {} : { cache }),
    evaluation: {
      costs: evaluation.costs,
      run: async (values) => evaluation.run(plan.padded(await fill(values), evaluationGraph)),
      dispose: () => evaluation.dispose(),
    },
    async step(batch, update) {
      const parts = microBatches({ ...layout, inputs: trainingGraph.inputs }, await fill(batch), plan.microBatch);
      training.step(
        parts.map((part) => plan.padded(part, trainingGraph)),
        update,
      );
    },
    dispose() {
      training.dispose();
      evaluation.dispose();
      trunk?.dispose();
      store.dispose();
    },
  };
}
