/**
 * The training loop: an async generator of events that the worker, the command line and the tests consume alike. It has no
 * timers; it waits for the device, so a hidden tab trains at full speed. After a lost device it continues from the last
 * checkpoint on a new one, and the curve goes on.
 */
import type { Experiment } from "../config/experiment.ts";
import type { TrainingSettings } from "../config/training.ts";
import {
  DeviceLostError,
  OutOfDeviceMemoryError,
  type Executor,
  type ParameterShape,
  type TrainedState,
} from "../engine/executor.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { startValues } from "./activations.ts";
import type { Adapter, Checkpoint } from "./adapter.ts";
import { continued, later, shifted } from "./continuation.ts";
import type { RunControl } from "./control.ts";
import { evaluateOnly } from "./evaluateOnly.ts";
import type {
  AdviceKind,
  RunFacts,
  RunOutcome,
  RunResult,
  SeedResult,
  TrainedTensor,
  TrainingEvent,
} from "./events.ts";
import { createTurns, headPrefix, prepareLanes, type Lane, type Turn } from "./lanes.ts";
import type { ExampleSet, PreparedData } from "./prepareData.ts";
import { advance, createProgress, meanScore, type Progress } from "./seedRun.ts";
import { requireContinuation, valuesOf } from "./resume.ts";
import { runFacts } from "./runFacts.ts";
import { openSession, type Session } from "./session.ts";
import type { RunSetup } from "./setup.ts";

export interface TrainingOptions {
  readonly experiment: Experiment;
  readonly model: LoadedModel;
  readonly examples: ExampleSet;
  /** Of the experiment's further data sets, in their order. */
  readonly otherExamples?: readonly ExampleSet[];
  readonly control: RunControl;
  /** What the run goes on from, instead of a fresh start. */
  readonly from?: Adapter;
  /** The device to run on; asked again after a `DeviceLostError`. */
  executor(): Promise<Executor>;
}

/** Everything that one seed's run is made of. */
export interface SeedContext {
  readonly options: TrainingOptions;
  readonly seed: number;
  readonly seedIndex: number;
  /** The data sets of these steps, the run's own first. */
  readonly lanes: readonly [Lane, ...Lane[]];
  /** The first lane's. */
  readonly data: PreparedData;
  readonly setup: RunSetup;
  readonly initial: ReadonlyMap<string, Float32Array>;
  readonly training: TrainingSettings;
  readonly turn: (step: number) => Turn;
  /** Steps of the same seed that came before these. */
  readonly stepsBefore: number;
}

/** Times a run may lose its device before it gives up. */
const mostRecoveries = 3;

/**
 * Trains `experiment.seeds` runs one after the other and ends with one `finished` event.
 * @throws when data, model and settings do not fit, or the device cannot be recovered.
 */
export async function* train(options: TrainingOptions): AsyncGenerator<TrainingEvent, void> {
  const { experiment, control } = options;
  const finished: FinishedSeed[] = [];
  let outcome: RunOutcome = "finished";
  for (let seedIndex = 0; seedIndex < experiment.seeds && outcome === "finished"; seedIndex++) {
    const context = await prepareSeed(options, seedIndex);
    const facts = factsOf(context, await options.executor());
    yield { kind: "seed-started", seedIndex, facts };
    const progress = createProgress(context);
    outcome = yield* context.setup.trained.length === 0 ? evaluateOnly(context, progress) : runSeed(context, progress);
    let seed: FinishedSeed = { context, facts, progress };
    if (outcome === "finished" && experiment.multiTask.continueSteps > 0) {
      const next = continued(context, progress);
      seed = { context: next, facts, progress: createProgress(next), shared: progress };
      outcome = yield* shifted(runSeed(next, seed.progress), context.training.steps);
    }
    const result = seedResult(seed);
    if (result !== undefined) {
      finished.push(seed);
      yield { kind: "seed-finished", seedIndex, result };
    }
    if (control.stopped) outcome = "stopped";
  }
  yield { kind: "finished", outcome, record: runResult(finished) };
}

/** A seed that has come to its end; `shared` are the steps on several data sets before it went on with one. */
interface FinishedSeed {
  readonly context: SeedContext;
  readonly facts: RunFacts;
  readonly progress: Progress;
  readonly shared?: Progress;
}

async function prepareSeed(options: TrainingOptions, seedIndex: number): Promise<SeedContext> {
  const { experiment, model, examples, otherExamples = [] } = options;
  const { training, multiTask } = experiment;
  const seed = experiment.seed + seedIndex;
  const lanes = prepareLanes(experiment, model, [examples, ...otherExamples], seed);
  const initial = await startOf(options, lanes, seed);
  const examplesOf = lanes.map((lane) => lane.data.trainExamples.length);
  const turn = createTurns(examplesOf, { steps: training.steps, sampling: multiTask.sampling, seed });
  const [{ data, setup }] = lanes;
  return { options, seed, seedIndex, lanes, data, setup, initial, training, turn, stepsBefore: 0 };
}

/** What the run goes on from, or a fresh start of its seed. */
async function startOf(
  options: TrainingOptions,
  lanes: SeedContext["lanes"],
  seed: number,
): Promise<ReadonlyMap<string, Float32Array>> {
  const { from, experiment, model } = options;
  const [{ data, setup }] = lanes;
  if (from !== undefined) {
    requireContinuation(from, experiment, data.labels);
    return valuesOf(from, setup);
  }
  const initial = new Map<string, Float32Array>();
  // The first one's start comes last, so that it decides the prompt's where that depends on the labels.
  for (const lane of lanes.toReversed()) {
    for (const [name, values] of await startValues(model, lane.setup, seed, options.executor))
      initial.set(name, values);
  }
  return initial;
}

/** Runs one seed to its end, re-opening the session when the device is lost or has no room for a whole batch. */
async function* runSeed(context: SeedContext, progress: Progress): AsyncGenerator<TrainingEvent, RunOutcome> {
  const { training } = context;
  let microBatch = training.microBatch === 0 ? training.batchSize : Math.min(training.microBatch, training.batchSize);
  for (let recoveries = 0; ;) {
    let session: Session | undefined;
    try {
      session = await openFor(context, progress.checkpoint.state, microBatch);
      return yield* advance(context, session, progress);
    } catch (error) {
      if (error instanceof OutOfDeviceMemoryError) {
        microBatch = smallerBatch(microBatch, error);
        yield advice(context, progress, "smaller-batch", smallerBatchMessage(microBatch));
      } else if (error instanceof DeviceLostError && recoveries < mostRecoveries) {
        recoveries++;
        const { step } = progress.checkpoint;
        const message = `The GPU device was lost (${error.message}); continued from step ${step}.`;
        yield advice(context, progress, "recovered", message);
      } else throw error;
    } finally {
      session?.dispose();
    }
  }
}

function advice(
  { seedIndex }: SeedContext,
  { checkpoint }: Progress,
  kind: AdviceKind,
  message: string,
): TrainingEvent {
  return { kind: "advice", seedIndex, advice: kind, step: checkpoint.step, message };
}

/** Half as many examples at once. @throws when there was only one. */
function smallerBatch(microBatch: number, error: OutOfDeviceMemoryError): number {
  if (microBatch > 1) return Math.floor(microBatch / 2);
  throw new Error(
    `The device has too little memory even for one example at a time: ${error.message} Use shorter texts or a smaller model.`,
    { cause: error },
  );
}

function smallerBatchMessage(microBatch: number): string {
  const examples = microBatch === 1 ? "one example" : `${microBatch} examples`;
  return `The device has too little memory for the whole batch. It is computed ${examples} at a time now; the results stay the same.`;
}

async function openFor(
  { options, lanes, training }: SeedContext,
  state: Pick<TrainedState, "values"> & Partial<TrainedState>,
  microBatch: number,
): Promise<Session> {
  const executor = await options.executor();
  const [own, ...others] = lanes;
  return openSession({ executor, ...own, settings: training, state, microBatch, others });
}

function factsOf({ options, lanes, seed }: SeedContext, executor: Executor): RunFacts {
  const { training, multiTask } = options.experiment;
  const [{ setup }] = lanes;
  const steps = setup.trained.length === 0 ? 0 : training.steps + multiTask.continueSteps;
  return runFacts({ seed, steps, lanes, executor });
}

/** Absent when the seed was stopped before it was ever evaluated. */
function seedResult({ context, progress, shared }: FinishedSeed): SeedResult | undefined {
  const { seed } = context;
  const { best, last, seconds } = progress;
  if (best === undefined || last === undefined) return undefined;
  if (shared?.best === undefined) return { seed, best: best.evaluation, last, seconds };
  const steps = context.options.experiment.training.steps;
  return {
    seed,
    best: later(best.evaluation, steps),
    last: later(last, steps),
    seconds: seconds + shared.seconds,
    shared: shared.best.evaluation,
  };
}

/** The tensors are those of the best seed's best checkpoint. */
function runResult(seeds: readonly FinishedSeed[]): RunResult {
  const results = seeds.flatMap((seed) => seedResult(seed) ?? []);
  const ranked = seeds.toSorted((a, b) => scoreOf(b.progress) - scoreOf(a.progress));
  const [winner] = ranked;
  if (winner === undefined) throw new Error("The run was stopped before its first step; there is nothing to keep.");
  const { context, facts, progress } = winner;
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0);
  const before = context.options.from?.checkpoint?.step ?? 0;
  const steps = seeds.reduce((sum, seed) => sum - before + seed.progress.stepsDone + (seed.shared?.stepsDone ?? 0), 0);
  const valuesOf = ({ name, rows, width }: ParameterShape): Float32Array =>
    progress.best?.values.get(name) ?? new Float32Array(rows * width);
  const tensorsOf = (shapes: readonly ParameterShape[]): TrainedTensor[] =>
    shapes.map((shape) => ({ name: shape.name, rows: shape.rows, width: shape.width, values: valuesOf(shape) }));
  const [own, ...others] = context.lanes;
  const otherHeads = others.map((lane, place) =>
    tensorsOf(lane.setup.trained.filter(({ group }) => group === "head")).map((tensor) => ({
      ...tensor,
      name: tensor.name.slice(headPrefix(place + 1).length),
    })),
  );
  const movement = progress.best?.movement;
  const checkpoint = checkpointOf(winner);
  return {
    facts,
    seeds: results,
    tensors: tensorsOf(own.setup.trained),
    ...(movement === undefined ? {} : { movement }),
    seconds,
    stepsPerSecond: seconds > 0 ? steps / seconds : 0,
    ...(otherHeads.length === 0 ? {} : { otherHeads }),
    ...(checkpoint === undefined ? {} : { checkpoint }),
  };
}

/** Absent before the first step, after steps on several data sets, and where losses are no numbers any more. */
function checkpointOf({ context, progress, shared }: FinishedSeed): Checkpoint | undefined {
  const { checkpoint, best, last } = progress;
  if (context.lanes.length > 1 || shared !== undefined) return undefined;
  const { step, state } = checkpoint;
  const { values, firstMoments, secondMoments, updates } = state;
  if (best === undefined || last === undefined || !Number.isFinite(last.loss)) return undefined;
  if (firstMoments === undefined || secondMoments === undefined || updates === undefined) return undefined;
  return { seed: context.seed, step, values, firstMoments, secondMoments, updates, best: best.evaluation, last };
}

function scoreOf({ best }: Progress): number {
  return best === undefined ? -1 : meanScore(best.evaluation);
}
