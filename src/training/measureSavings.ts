/**
 * Measures what each exact saving is worth for an experiment: the same few steps with all of them, and with each switched
 * off. A step is timed alone, from packing its examples until the device is done, with the cache filled as it is after the
 * first epoch. Nothing is kept of what these steps train.
 */
import type { Experiment } from "../config/experiment.ts";
import { savingsSchema, type Savings } from "../config/training.ts";
import { OutOfDeviceMemoryError, type Executor, type StepValues } from "../engine/executor.ts";
import { nodesFlops } from "../engine/graph/costs.ts";
import { paddedSpaceOf } from "../engine/graph/padding.ts";
import { quantile } from "../lib/statistics.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { startValues } from "./activations.ts";
import { createBatches } from "./batches.ts";
import { prepareData, type ExampleSet, type PreparedData } from "./prepareData.ts";
import { planRun } from "./runPlan.ts";
import { updateSettings } from "./seedRun.ts";
import { openSession, type Session } from "./session.ts";
import { requireTrained, setUpRun, type RunSetup } from "./setup.ts";

export type SavingName = keyof Savings;

/** What a step takes. */
export interface StepFigure {
  /** Median, and the quartiles below and above it. */
  readonly milliseconds: number;
  readonly low: number;
  readonly high: number;
  /** Device memory of the run. */
  readonly bytes: number;
}

export type SavingOutcome =
  | { readonly kind: "measured"; readonly step: StepFigure }
  /** This experiment computes the same without it. */
  | { readonly kind: "unused" }
  /** Without it the device has too little memory. */
  | { readonly kind: "no-room" };

export type SavingsEvent =
  /** Steps made of all that will be made, and which saving is switched off in the next one. */
  | { readonly kind: "progress"; readonly done: number; readonly total: number; readonly saving?: SavingName }
  /** With all savings; comes a second time at the end, from steps before and after the others. */
  | { readonly kind: "reference"; readonly step: StepFigure }
  | { readonly kind: "outcome"; readonly saving: SavingName; readonly outcome: SavingOutcome };

export interface MeasureOptions {
  readonly experiment: Experiment;
  readonly model: LoadedModel;
  readonly examples: ExampleSet;
  readonly executor: Executor;
  /** Ends the generator before its next step. */
  readonly signal?: AbortSignal;
  readonly warmUpSteps?: number;
  readonly timedSteps?: number;
}

/** Whatever the experiment says of its savings is replaced. @throws when it trains nothing or does not fit model and data. */
export async function* measureSavings(options: MeasureOptions): AsyncGenerator<SavingsEvent, void> {
  const { experiment, model, examples } = options;
  const data = prepareData(examples, experiment, model, experiment.seed);
  const every = createCase(options, data);
  const cases = savingsSchema.keyof().options.map((saving) => ({ saving, ...createCase(options, data, saving) }));
  const used = cases.filter(({ work }) => work !== every.work);
  for (const { saving, work } of cases) {
    if (work === every.work) yield { kind: "outcome", saving, outcome: { kind: "unused" } };
  }
  const perCase = stepsOf(options).length;
  const total = (used.length + 2) * perCase;
  const before = yield* timed(options, data, every, { done: 0, total });
  if (before === undefined) return;
  yield { kind: "reference", step: figureOf(before) };
  for (const [place, one] of used.entries()) {
    const { saving } = one;
    const outcome = yield* withoutSaving(options, data, one, { done: (place + 1) * perCase, total, saving });
    if (outcome === undefined) return;
    yield { kind: "outcome", saving, outcome };
  }
  const after = yield* timed(options, data, every, { done: total - perCase, total });
  if (after === undefined) return;
  yield {
    kind: "reference",
    step: figureOf({ ...after, milliseconds: [...before.milliseconds, ...after.milliseconds] }),
  };
}

/** The experiment with one saving off, or with none. */
interface Case {
  readonly experiment: Experiment;
  readonly setup: RunSetup;
  /** Equal for cases that compute the same. */
  readonly work: string;
}

function createCase({ experiment: given, model }: MeasureOptions, data: PreparedData, off?: SavingName): Case {
  const savings = savingsSchema.parse(off === undefined ? {} : { [off]: false });
  const experiment = { ...given, training: { ...given.training, savings } };
  const setup = setUpRun(experiment, model, data.labels);
  requireTrained(setup, experiment);
  if (setup.trained.length === 0) throw new Error("Nothing is trained here, so there are no steps to measure.");
  const { trainingGraph, meanStep } = planRun({ setup, settings: experiment.training, data });
  const isPadded = !savings.packedRows && paddedSpaceOf(trainingGraph) !== undefined;
  const work = [trainingGraph.nodes.length, nodesFlops(trainingGraph.nodes, meanStep), isPadded].join();
  return { experiment, setup, work };
}

/** Steps of one case: those before anything is timed have no place among the samples. */
function stepsOf({ warmUpSteps = 3, timedSteps = 8 }: MeasureOptions): { readonly isTimed: boolean }[] {
  return Array.from({ length: warmUpSteps + timedSteps }, (_, place) => ({ isTimed: place >= warmUpSteps }));
}

interface Samples {
  readonly milliseconds: readonly number[];
  readonly bytes: number;
}

type Place = Omit<Extract<SavingsEvent, { readonly kind: "progress" }>, "kind">;

/** Undefined when the measurement was cancelled. */
async function* withoutSaving(
  options: MeasureOptions,
  data: PreparedData,
  one: Case,
  place: Place,
): AsyncGenerator<SavingsEvent, SavingOutcome | undefined> {
  try {
    const samples = yield* timed(options, data, one, place);
    return samples && { kind: "measured", step: figureOf(samples) };
  } catch (error) {
    if (error instanceof OutOfDeviceMemoryError) return { kind: "no-room" };
    throw error;
  }
}

/** Makes the steps of one case; undefined when the measurement was cancelled. */
async function* timed(
  options: MeasureOptions,
  data: PreparedData,
  one: Case,
  place: Place,
): AsyncGenerator<SavingsEvent, Samples | undefined> {
  const { executor } = options;
  yield { kind: "progress", ...place };
  const session = await openFor(options, data, one);
  const milliseconds: number[] = [];
  try {
    const inputs = batchesOf(one, data);
    const steps = stepsOf(options);
    for (let step = 1; step <= steps.length; step++) await session.cache?.fill(inputs(step));
    for (const [index, { isTimed }] of steps.entries()) {
      if (options.signal?.aborted) return undefined;
      const taken = await timeStep(session, one.experiment, inputs, index + 1);
      if (isTimed) milliseconds.push(taken);
      yield { kind: "progress", ...place, done: place.done + index + 1 };
    }
    return { milliseconds, bytes: executor.allocatedBytes() };
  } finally {
    session.dispose();
  }
}

async function openFor(
  { executor, model }: MeasureOptions,
  data: PreparedData,
  { experiment, setup }: Case,
): Promise<Session> {
  const values = await startValues(model, setup, experiment.seed, async () => executor);
  return openSession({ executor, setup, settings: experiment.training, data, state: { values } });
}

/** Step inputs of step 1, 2, … */
function batchesOf({ experiment, setup }: Case, { train }: PreparedData): (step: number) => StepValues {
  const batch = createBatches(train.sequences.length, experiment.training.batchSize, experiment.seed);
  return (step) =>
    setup.pack(
      batch(step).flatMap((index) => train.sequences[index] ?? []),
      true,
    );
}

async function timeStep(
  session: Session,
  experiment: Experiment,
  inputs: (step: number) => StepValues,
  step: number,
): Promise<number> {
  const started = performance.now();
  await session.step(inputs(step), updateSettings(experiment, Math.min(step, experiment.training.steps)));
  await session.training.pace(0);
  return performance.now() - started;
}

function figureOf({ milliseconds, bytes }: Samples): StepFigure {
  const [low, median, high] = [0.25, 0.5, 0.75].map((share) => quantile(milliseconds, share));
  return { milliseconds: median ?? Number.NaN, low: low ?? Number.NaN, high: high ?? Number.NaN, bytes };
}
