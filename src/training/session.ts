/**
 * One seed's plans on one device: parameters, training, evaluation and the frozen trunk, opened and disposed together. A run on
 * several data sets has plans for each over one store of parameters.
 */
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
import { parametersOf, planLanes, type RunPlan } from "./runPlan.ts";
import type { RunSetup } from "./setup.ts";

/** The plans of one data set. */
export interface LaneSession {
  /** What was compiled and for how many rows. */
  readonly plan: RunPlan;
  readonly training: TrainingPlan;
  /** Takes the inputs of whole sequences, as the set-up packs them. */
  readonly evaluation: EvaluationPlan;
  /** Absent where keeping the frontier does not pay. */
  readonly cache?: FrontierCache;
  /** Enqueues one step on a whole batch; waits only for rows that the cache does not have yet. */
  step(batch: StepValues, update: UpdateSettings): Promise<void>;
}

/** The plans of the run's own data set, and those of further ones. */
export interface Session extends LaneSession {
  readonly executor: Executor;
  readonly store: ParameterStore;
  readonly others: readonly LaneSession[];
  dispose(): void;
}

/** What one data set brings along. */
export interface SessionLane {
  readonly setup: RunSetup;
  readonly data: Pick<PreparedData, "train" | "evaluation" | "longest">;
}

export interface SessionOptions extends SessionLane {
  readonly executor: Executor;
  readonly settings: TrainingSettings;
  readonly state: Pick<TrainedState, "values"> & Partial<TrainedState>;
  /** Replaces the setting's micro-batch where memory was short. */
  readonly microBatch?: number;
  /** Further data sets that share what the first one trains, apart from its head. */
  readonly others?: readonly SessionLane[];
}

/** Uploads the weights and compiles all plans. @throws OutOfDeviceMemoryError when they do not fit. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { executor, setup, settings, state, others = [] } = options;
  const plans = planLanes([options, ...others], settings, options.microBatch);
  const tables = plans.flatMap(({ chosen }) =>
    (chosen?.tables ?? []).map(({ name, rows, width }) => [name, new Float32Array(rows * width)] as const),
  );
  const weights = [...others.flatMap((lane) => [...lane.setup.weights]), ...setup.weights];
  const store = executor.createParameters(parametersOf(plans), new Map([...weights, ...state.values, ...tables]));
  const lanes: Lane[] = [];
  try {
    store.writeState(state);
    for (const plan of plans) lanes.push(assemble(plan, store, await compile({ executor, settings }, plan, store)));
    const [own, ...further] = lanes;
    if (own === undefined) throw new Error("A session has at least one data set.");
    return { ...own, executor, store, others: further, dispose: () => disposeAll(lanes, store) };
  } catch (error) {
    disposeAll(lanes, store);
    throw error;
  }
}

type Lane = LaneSession & { dispose(): void };

function disposeAll(lanes: readonly Lane[], store: ParameterStore): void {
  for (const lane of lanes) lane.dispose();
  store.dispose();
}

interface Plans {
  readonly training: TrainingPlan;
  readonly evaluation: EvaluationPlan;
  readonly trunk: EvaluationPlan | undefined;
}

/** Compiles side by side; when one fails, the others are disposed. */
async function compile(
  { executor, settings }: Pick<SessionOptions, "executor" | "settings">,
  plan: RunPlan,
  store: ParameterStore,
): Promise<Plans> {
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

function assemble(plan: RunPlan, store: ParameterStore, plans: Plans): Lane {
  const { training, evaluation, trunk } = plans;
  const { chosen, layout, trainingGraph, evaluationGraph } = plan;
  const cache =
    chosen === undefined || trunk === undefined
      ? undefined
      : new FrontierCache({ ...chosen, layout, trunk, trunkSequences: evaluationChunk, store });
  const fill = async (values: StepValues): Promise<StepValues> => cache?.fill(values) ?? values;
  return {
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
    },
  };
}

/** The plans of every data set, the run's own first. */
export function lanesOf(session: Session): readonly [LaneSession, ...LaneSession[]] {
  return [session, ...session.others];
}
