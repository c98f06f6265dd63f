/** What a run will take, from shapes alone and before anything is compiled: trained numbers, memory, arithmetic. */
import type { Experiment } from "../config/experiment.ts";
import { graphCosts } from "../engine/graph/costs.ts";
import { messageOf } from "../lib/errors.ts";
import { trainedNumbersOf } from "../methods/index.schema.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { spaces } from "../models/packing.ts";
import { prepareData, type ExampleSet } from "./prepareData.ts";
import { setUpRun } from "./setup.ts";

export interface RunEstimate {
  readonly trained: { readonly prompt: number; readonly head: number; readonly model: number };
  /** Trained numbers as a share of the model's. */
  readonly share: number;
  readonly weightBytes: number;
  readonly activationBytes: number;
  /** Floating-point operations of one step on examples of mean length. */
  readonly stepFlops: number;
  /** Why this cannot be trained. */
  readonly problem?: string;
}

/** Settings that cannot be trained come back with a `problem`, and zeros for what is then unknown. */
export function estimateRun(experiment: Experiment, model: LoadedModel, examples: ExampleSet): RunEstimate {
  const { dimensions } = model.family;
  const classes = new Set(examples.train.map(({ label }) => label)).size;
  const trained = trainedNumbersOf(experiment.method, dimensions, classes);
  const share = (trained.prompt + trained.head + trained.model) / dimensions.parameters;
  try {
    return { trained, share, ...runCosts(experiment, model, examples) };
  } catch (error) {
    return { trained, share, weightBytes: 0, activationBytes: 0, stepFlops: 0, problem: messageOf(error) };
  }
}

function runCosts(experiment: Experiment, model: LoadedModel, examples: ExampleSet) {
  const data = prepareData(examples, experiment, model, experiment.seed);
  const setup = setUpRun(experiment, model, data.labels.length);
  const { batchSize } = experiment.training;
  const capacities = setup.capacities(batchSize, data.longest);
  const meanTokens = data.train.reduce((sum, { encoding }) => sum + encoding.ids.length, 0) / data.train.length;
  const meanRows = Math.round(batchSize * (meanTokens + setup.method.layout.promptRows));
  const numbers = setup.parameters.reduce((sum, { rows, width }) => sum + rows * width, 0);
  // A trained number is kept four times: value, gradient and two moments.
  const extra = setup.trained.reduce((sum, { rows, width }) => sum + 3 * rows * width, 0);
  return {
    weightBytes: 4 * (numbers + extra),
    activationBytes: graphCosts(setup.trainingGraph, capacities).activationBytes,
    stepFlops: graphCosts(setup.trainingGraph, { ...capacities, [spaces.tokens]: meanRows }).flops,
  };
}
