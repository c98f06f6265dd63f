/** What a run will take, from shapes alone and before anything is compiled: trained numbers, memory, arithmetic. */
import type { Experiment } from "../config/experiment.ts";
import type { TrainingSettings } from "../config/training.ts";
import type { Executor, ParameterShape } from "../engine/executor.ts";
import { graphCosts } from "../engine/graph/costs.ts";
import { isTextExample } from "../lib/examples/example.ts";
import { messageOf } from "../lib/errors.ts";
import { trainedNumbersOf } from "../methods/index.schema.ts";
import { groups } from "../methods/method.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { tableBytes } from "./frontierCache.ts";
import { prepareData, type ExampleSet } from "./prepareData.ts";
import { evaluationsOf, planRun, plannedMemory, type RunPlan } from "./runPlan.ts";
import { requireTrained, setUpRun } from "./setup.ts";

export interface RunEstimate {
  readonly trained: { readonly prompt: number; readonly head: number; readonly model: number };
  /** Trained numbers as a share of the model's. */
  readonly share: number;
  readonly weightBytes: number;
  /** Everything but weights and cache: on a known device what its plans take, else the peak of one step's tensors. */
  readonly activationBytes: number;
  /** Tables that keep what frozen layers computed. */
  readonly cacheBytes: number;
  /** Floating-point operations of one step on examples of mean length, once the cache is filled. */
  readonly stepFlops: number;
  /** The same of one seed's whole run: its steps, its evaluations, and filling the cache once. */
  readonly runFlops: number;
  /** Why this cannot be trained. */
  readonly problem?: string;
}

/** Settings that cannot be trained come back with a `problem`, and zeros for what is then unknown. */
export function estimateRun(
  experiment: Experiment,
  model: LoadedModel,
  examples: ExampleSet,
  executor?: Executor,
): RunEstimate {
  const { dimensions } = model.family;
  const share = ({ prompt, head, model: own }: RunEstimate["trained"]): number =>
    (prompt + head + own) / dimensions.parameters;
  try {
    const costs = runCosts(experiment, model, examples, executor);
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

function runCosts(experiment: Experiment, model: LoadedModel, examples: ExampleSet, executor: Executor | undefined) {
  const settings = experiment.training;
  const data = prepareData(examples, experiment, model, experiment.seed);
  const setup = setUpRun(experiment, model, data.labels);
  requireTrained(setup, experiment);
  const plan = planRun({ setup, settings, data });
  const weightBytes = bytesOf(setup.parameters, executor);
  const cacheBytes = plan.chosen === undefined ? 0 : tableBytes(plan.chosen.frontier, plan.chosen.tableRows);
  const shown = executor?.plannedBytes(plannedMemory(plan, settings));
  const count = (group: string): number =>
    setup.trained.reduce((sum, shape) => (shape.group === group ? sum + shape.rows * shape.width : sum), 0);
  return {
    trained: { prompt: count(groups.prompt), head: count(groups.head), model: count(groups.model) },
    weightBytes,
    activationBytes:
      shown === undefined
        ? graphCosts(plan.trainingGraph, plan.trainingCapacities).activationBytes
        : Math.max(0, shown - weightBytes - cacheBytes),
    cacheBytes,
    ...arithmetic(plan, settings),
  };
}

function arithmetic(plan: RunPlan, settings: TrainingSettings): Pick<RunEstimate, "stepFlops" | "runFlops"> {
  const stepFlops = graphCosts(plan.trainingGraph, plan.meanStep).flops;
  const evaluation = graphCosts(plan.evaluationGraph, plan.evaluationRows).flops;
  const filling = plan.chosen === undefined ? 0 : graphCosts(plan.chosen.frontier.trunk, plan.allRows).flops;
  return { stepFlops, runFlops: settings.steps * stepFlops + evaluationsOf(settings) * evaluation + filling };
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
