/**
 * The training loop: an async generator of events that the worker, the command line and the tests consume alike. It has no
 * timers; it waits for the device, so a hidden tab trains at full speed. After a lost device it continues from the last
 * checkpoint on a new one, and the curve goes on.
 */
import type { Experiment } from "../config/experiment.ts";
import { DeviceLostError, OutOfDeviceMemoryError, type Executor, type TrainedState } from "../engine/executor.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { startValues } from "./activations.ts";
import { createBatches } from "./batches.ts";
import type { RunControl } from "./control.ts";
import { evaluateOnly } from "./evaluateOnly.ts";
import type { AdviceKind, RunFacts, RunOutcome, RunResult, SeedResult, TrainingEvent } from "./events.ts";
import { prepareData, type ExampleSet, type PreparedData } from "./prepareData.ts";
import { advance, createProgress, type Progress } from "./seedRun.ts";
import { openSession, type Session } from "./session.ts";
import { requireTrained, setUpRun, type RunSetup } from "./setup.ts";

export interface TrainingOptions {
  readonly experiment: Experiment;
  readonly model: LoadedModel;
  readonly examples: ExampleSet;
  readonly control: RunControl;
  /** The device to run on; asked again after a `DeviceLostError`. */
  executor(): Promise<Executor>;
}

/** Everything that one seed's run is made of. */
export interface SeedContext {
  readonly options: TrainingOptions;
  readonly seed: number;
  readonly seedIndex: number;
  readonly data: PreparedData;
  readonly setup: RunSetup;
  readonly initial: ReadonlyMap<string, Float32Array>;
  readonly batch: (step: number) => number[];
}

/** Times a run may lose its device before it gives up. */
const mostRecoveries = 3;

/**
 * Trains `experiment.seeds` runs one after the other and ends with one `finished` event.
 * @throws when data, model and settings do not fit, or the device cannot be recovered.
 */
export async function* train(options: TrainingOptions): AsyncGenerator<TrainingEvent, void> {
  const { experiment, control } = options;
  const finished: { context: SeedContext; facts: RunFacts; progress: Progress }[] = [];
  let outcome: RunOutcome = "finished";
  for (let seedIndex = 0; seedIndex < experiment.seeds && outcome === "finished"; seedIndex++) {
    const context = await prepareSeed(options, seedIndex);
    const facts = factsOf(context, await options.executor());
    yield { kind: "seed-started", seedIndex, facts };
    const progress = createProgress(context);
    outcome = yield* context.setup.trained.length === 0 ? evaluateOnly(context, progress) : runSeed(context, progress);
    const result = seedResult(context.seed, progress);
    if (result !== undefined) {
      finished.push({ context, facts, progress });
      yield { kind: "seed-finished", seedIndex, result };
    }
    if (control.stopped) outcome = "stopped";
  }
  yield { kind: "finished", outcome, record: runResult(finished) };
}

async function prepareSeed(options: TrainingOptions, seedIndex: number): Promise<SeedContext> {
  const { experiment, model, examples } = options;
  const seed = experiment.seed + seedIndex;
  const data = prepareData(examples, experiment, model, seed);
  const setup = setUpRun(experiment, model, data.labels);
  requireTrained(setup, experiment);
  const initial = await startValues(model, setup, seed, options.executor);
  const batch = createBatches(data.train.sequences.length, experiment.training.batchSize, seed);
  return { options, seed, seedIndex, data, setup, initial, batch };
}

/** Runs one seed to its end, re-opening the session when the device is lost or has no room for a whole batch. */
async function* runSeed(context: SeedContext, progress: Progress): AsyncGenerator<TrainingEvent, RunOutcome> {
  const { training } = context.options.experiment;
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
  { options, setup, data }: SeedContext,
  state: Pick<TrainedState, "values"> & Partial<TrainedState>,
  microBatch: number,
): Promise<Session> {
  const executor = await options.executor();
  return openSession({ executor, setup, settings: options.experiment.training, data, state, microBatch });
}

function factsOf({ options, data, setup, seed }: SeedContext, executor: Executor): RunFacts {
  const count = (group: string): number =>
    setup.trained.reduce((sum, shape) => (shape.group === group ? sum + shape.rows * shape.width : sum), 0);
  return {
    seed,
    steps: setup.trained.length === 0 ? 0 : options.experiment.training.steps,
    labels: data.labels,
    trainExamples: data.trainExamples.length,
    evaluationExamples: data.evaluationExamples.length,
    scoreName: setup.task.scoreName(data.labels),
    baseline: data.baseline.name,
    majorityAccuracy: data.baseline.score,
    trained: { prompt: count("prompt"), head: count("head"), model: count("model") },
    truncated: data.truncated,
    backend: executor.info.backend,
    adapter: executor.info.adapter,
  };
}

/** Absent when the seed was stopped before it was ever evaluated. */
function seedResult(seed: number, { best, last, seconds }: Progress): SeedResult | undefined {
  return best === undefined || last === undefined ? undefined : { seed, best: best.evaluation, last, seconds };
}

/** The tensors are those of the best seed's best checkpoint. */
function runResult(seeds: readonly { context: SeedContext; facts: RunFacts; progress: Progress }[]): RunResult {
  const results = seeds.flatMap(({ context, progress }) => seedResult(context.seed, progress) ?? []);
  const ranked = seeds.toSorted((a, b) => accuracyOf(b.progress) - accuracyOf(a.progress));
  const [winner] = ranked;
  if (winner === undefined) throw new Error("The run was stopped before its first step; there is nothing to keep.");
  const { context, facts, progress } = winner;
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0);
  const steps = seeds.reduce((sum, seed) => sum + seed.progress.stepsDone, 0);
  const tensors = context.setup.trained.map(({ name, rows, width }) => {
    const values = progress.best?.values.get(name) ?? new Float32Array(rows * width);
    return { name, rows, width, values };
  });
  const movement = progress.best?.movement;
  return {
    facts,
    seeds: results,
    tensors,
    ...(movement === undefined ? {} : { movement }),
    seconds,
    stepsPerSecond: seconds > 0 ? steps / seconds : 0,
  };
}

function accuracyOf(progress: Progress): number {
  return progress.best?.evaluation.accuracy ?? -1;
}
