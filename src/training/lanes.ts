/**
 * The data sets of a run. A usual run has one lane; a run on several shares the prompt, gives each a head of its own and
 * takes every batch from one of them (multi-task P-Tuning v2, as the authors of THUDM/P-tuning-v2 describe it). Whose turn it
 * is comes from a random stream of its own and is a function of the step, so that any step can be repeated.
 */
import { experimentPerDataSet, type Experiment } from "../config/experiment.ts";
import { randomStream } from "../lib/random.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { createBatches } from "./batches.ts";
import { prepareData, type ExampleSet, type PreparedData } from "./prepareData.ts";
import { requireTrained, setUpRun, type RunSetup } from "./setup.ts";

export interface Lane {
  readonly name: string;
  /** The experiment as if this were its only data set. */
  readonly experiment: Experiment;
  readonly data: PreparedData;
  readonly setup: RunSetup;
  /** Indices of the training examples of the lane's own step 1, 2, … */
  readonly batch: (step: number) => number[];
}

/** Which lane a step belongs to, and its number among that lane's, from 1. */
export interface Turn {
  readonly lane: number;
  readonly step: number;
}

/**
 * Prepares every data set of the experiment, its own first. `sets` are in the same order.
 * @throws when data, model and settings do not fit, or when several data sets would share nothing.
 */
export function prepareLanes(
  experiment: Experiment,
  model: LoadedModel,
  sets: readonly ExampleSet[],
  seed: number,
): [Lane, ...Lane[]] {
  const [first, ...others] = experimentPerDataSet(experiment);
  if (sets.length !== others.length + 1) {
    throw new Error(`Expected the examples of ${others.length + 1} data sets, got ${sets.length}.`);
  }
  const prepare = (own: Experiment, place: number): Lane => {
    const set = sets[place] ?? { name: "", train: [] };
    const data = prepareData(set, own, model, seed);
    const setup = setUpRun(own, model, data.labels, { headPrefix: headPrefix(place) });
    requireTrained(setup, own);
    const names = place === 0 ? [] : [`data set ${place + 1}`];
    const batch = createBatches(data.train.sequences.length, own.training.batchSize, seed, ...names);
    return { name: set.name, experiment: own, data, setup, batch };
  };
  const lanes: [Lane, ...Lane[]] = [prepare(first, 0), ...others.map((own, place) => prepare(own, place + 1))];
  if (others.length > 0) requireShared(lanes[0]);
  return lanes;
}

/** What stands in front of the names of a lane's head. */
export function headPrefix(place: number): string {
  return place === 0 ? "" : `data-set-${place + 1}.`;
}

function requireShared({ setup, experiment }: Lane): void {
  if (setup.trained.some(({ group }) => group !== "head")) return;
  throw new Error(`${experiment.method.kind} trains nothing that several data sets could share. Choose a prompt.`);
}

/** Whose turn it is at step 1, 2, …, up to `steps`, among data sets with so many training examples. */
export function createTurns(
  examples: readonly number[],
  { steps, sampling, seed }: { steps: number; sampling: Experiment["multiTask"]["sampling"]; seed: number },
): (step: number) => Turn {
  if (examples.length === 1) return (step) => ({ lane: 0, step });
  const shares = turnWeights(examples, sampling);
  const random = randomStream(seed, "data sets");
  const own = shares.map(() => 0);
  const turns = Array.from({ length: steps }, (): Turn => {
    const lane = drawPlace(shares, random.uniform());
    own[lane] = (own[lane] ?? 0) + 1;
    return { lane, step: own[lane] ?? 0 };
  });
  return (step) => {
    const turn = turns[step - 1];
    if (turn === undefined) throw new Error(`The run has ${steps} steps; step ${step} has no turn.`);
    return turn;
  };
}

/** How often data sets with so many training examples have a turn, as weights beside each other. */
export function turnWeights(examples: readonly number[], sampling: Experiment["multiTask"]["sampling"]): number[] {
  return examples.map((count) => (sampling === "uniform" ? 1 : count));
}

/** The place whose stretch of the sum of shares holds `at` ∈ [0, 1) of it. */
function drawPlace(shares: readonly number[], at: number): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  let end = 0;
  for (const [place, share] of shares.entries()) {
    end += share;
    if (at * sum < end) return place;
  }
  return shares.length - 1;
}
