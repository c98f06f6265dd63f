/** What a run will take, from shapes alone and before anything is compiled: trained numbers, memory, arithmetic. */
import type { Experiment } from "../config/experiment.ts";
import type { Executor, ParameterShape } from "../engine/executor.ts";
import { graphCosts } from "../engine/graph/costs.ts";
import { isTextExample } from "../lib/examples/example.ts";
import { messageOf } from "../lib/errors.ts";
import { trainedNumbersOf } from "../methods/index.schema.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { tableBytes } from "./frontierCache.ts";
import { prepareLanes, turnWeights, type Lane } from "./lanes.ts";
import type { ExampleSet } from "./prepareData.ts";
import { trainedCounts } from "./runFacts.ts";
import { evaluationsOf, parametersOf, planLanes, plannedMemory, type RunPlan } from "./runPlan.ts";

export interface RunEstimate {
  readonly trained: { readonly prompt: number; readonly head: number; readonly model: number };
  /** Trained numbers as a share of the model's. */
  readonly share: number;
  readonly weightBytes: number;
  /** Everything but weights and cache: on a known device what its plans take, else the peak of one step's tensors. */
  readonly activationBytes: number;
  /** Tables that keep what frozen layers computed. */
  readonly cacheBytes: number;
  /** Floating-point operations of one step on examples of mean length, once the cache is filled; the mean over data sets. */
  readonly stepFlops: number;
  /** The same of one seed's whole run: its steps, its evaluations, filling the cache once, and going on with one data set. */
  readonly runFlops: number;
  /** Why this cannot be trained. */
  readonly problem?: string;
}

/**
 * Settings that cannot be trained come back with a `problem`, and zeros for what is then unknown.
 * @param others examples of the experiment's further data sets, in their order
 */
export function estimateRun(
  experiment: Experiment,
  model: LoadedModel,
  examples: ExampleSet,
  executor?: Executor,
  others: readonly ExampleSet[] = [],
): RunEstimate {
  const { dimensions } = model.family;
  const share = ({ prompt, head, model: own }: RunEstimate["trained"]): number =>
    (prompt + head + own) / dimensions.parameters;
  try {
    const lanes = prepareLanes(experiment, model, [examples, ...others], experiment.seed);
    const costs = runCosts(experiment, lanes, executor);
    return { share: share(costs.trained), ...costs };
  } catch (error) {
    const classes = new Set(examples.train.flatMap((example) => (isTextExample(example) ? example.label : []))).size;
    const trained = trainedNumbersOf(experiment.method, dimensions, classes);
    return {
      trained,
      share: share(trained),
      weightBytes: 0,
      activationBytes: 0,
      cacheBytes: 0,
      stepFlops: 0,
      runFlops: 0,
      problem: messageOf(error),
    };
  }
}

function runCosts(experiment: Experiment, lanes: readonly [Lane, ...Lane[]], executor: Executor | undefined) {
  const settings = experiment.training;
  const plans = planLanes(lanes, settings);
  const setups = lanes.map(({ setup }) => setup);
  const weightBytes = bytesOf(parametersOf(setups), executor);
  const cacheBytes = sumOf(plans, ({ chosen }) =>
    chosen === undefined ? 0 : tableBytes(chosen.frontier, chosen.tableRows),
  );
  const shown = executor?.plannedBytes(plannedMemory(plans, settings));
  const peaks = plans.map((plan) => graphCosts(plan.trainingGraph, plan.trainingCapacities).activationBytes);
  return {
    trained: trainedCounts(setups),
    weightBytes,
    activationBytes: shown === undefined ? Math.max(...peaks) : Math.max(0, shown - weightBytes - cacheBytes),
    cacheBytes,
    ...arithmetic(experiment, lanes, plans),
  };
}

function arithmetic(
  { training, multiTask }: Experiment,
  lanes: readonly Lane[],
  plans: readonly RunPlan[],
): Pick<RunEstimate, "stepFlops" | "runFlops"> {
  const weights = turnWeights(
    lanes.map(({ data }) => data.trainExamples.length),
    multiTask.sampling,
  );
  const step = plans.map(({ trainingGraph, meanStep }) => graphCosts(trainingGraph, meanStep).flops);
  const evaluation = plans.map(
    ({ evaluationGraph, evaluationRows }) => graphCosts(evaluationGraph, evaluationRows).flops,
  );
  const filling = sumOf(plans, ({ chosen, allRows }) =>
    chosen === undefined ? 0 : graphCosts(chosen.frontier.trunk, allRows).flops,
  );
  const stepFlops = sumOf(step, (flops, lane) => flops * (weights[lane] ?? 0)) / sumOf(weights, (weight) => weight);
  const alone = { steps: multiTask.continueSteps, evaluateEvery: training.evaluateEvery };
  return {
    stepFlops,
    runFlops:
      training.steps * stepFlops +
      evaluationsOf(training) * sumOf(evaluation, (flops) => flops) +
      alone.steps * (step[0] ?? 0) +
      evaluationsOf(alone) * (evaluation[0] ?? 0) +
      filling,
  };
}

function sumOf<Item>(items: readonly Item[], value: (item: Item, place: number) => number): number {
  return items.reduce((sum, item, place) => sum + value(item, place), 0);
}

/** A trained number is kept four times: value, gradient and two moments. Only WebGPU keeps frozen ones in half precision. */
function bytesOf(shapes: readonly ParameterShape[], executor: Executor | undefined): number {
  const packs = executor === undefined || executor.info.backend === "webgpu";
  const perNumber = ({ group, half }: ParameterShape): number => {
    if (group !== undefined) return 16;
    return half === true && packs ? 2 : 4;
  };
  return shapes.reduce((sum, shape) => sum + perNumber(shape) * shape.rows * shape.width, 0);
}
