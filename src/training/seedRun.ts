/** One seed from its checkpoint to its end: steps, reports, evaluations, detectors. */
import type { Experiment } from "../config/experiment.ts";
import type { StepStatistics, TrainedState, UpdateSettings } from "../engine/executor.ts";
import { createDivergenceDetector, createLearningDetector, type Detector } from "./detectors.ts";
import { logitsOf } from "./evaluate.ts";
import type { Evaluation, RunOutcome, SlotMovement, StepPoint, TrainingEvent } from "./events.ts";
import type { EncodedSequence, Scores } from "../tasks/task.ts";
import { taskDescriptions } from "../tasks/index.schema.ts";
import { slotMovement } from "./movement.ts";
import { PerformanceMeter } from "./performanceMeter.ts";
import { learningRateAt } from "./schedules.ts";
import { progressOf } from "./resume.ts";
import { lanesOf, type LaneSession, type Session } from "./session.ts";
import { groupSettings, labelCount } from "./setup.ts";
import type { SeedContext } from "./train.ts";

/** Of the best evaluation so far. */
interface BestCheckpoint {
  readonly evaluation: Evaluation;
  readonly values: ReadonlyMap<string, Float32Array>;
  readonly movement?: SlotMovement;
}

/** What survives a lost device. */
export interface Progress {
  checkpoint: { readonly step: number; readonly state: Pick<TrainedState, "values"> & Partial<TrainedState> };
  best: BestCheckpoint | undefined;
  last: Evaluation | undefined;
  /** Seconds spent training and evaluating, without pauses. */
  seconds: number;
  /** Steps reported so far; a repeated step after a lost device is not reported twice. */
  stepsDone: number;
  /** Of each data set, whose losses say nothing about the others'. */
  readonly detectors: readonly { readonly divergence: Detector; readonly learning: Detector }[];
}

/** Steps the host may run ahead of the device. */
const stepsInFlight = 2;
/** Seconds between two reports, and steps after which a report is due in any case (the plans' ring holds more). */
const reportSeconds = 0.25;
const reportSteps = 64;

/** The state before the first step, or before the next one of a run that goes on. */
export function createProgress({ options, lanes, initial }: SeedContext): Progress {
  return {
    checkpoint: { step: 0, state: { values: initial } },
    best: undefined,
    last: undefined,
    seconds: 0,
    stepsDone: 0,
    detectors: lanes.map(({ data, experiment }) => ({
      divergence: createDivergenceDetector(experiment.training.learningRate),
      learning: createLearningDetector(data.train.guessingLoss, taskDescriptions[experiment.task.kind].guess),
    })),
    ...(options.from === undefined ? {} : progressOf(options.from)),
  };
}

/** Trains from the checkpoint on; `progress` is kept up to date for a later continuation. */
export async function* advance(
  context: SeedContext,
  session: Session,
  progress: Progress,
): AsyncGenerator<TrainingEvent, RunOutcome> {
  const { options, seedIndex } = context;
  const { steps, evaluateEvery } = context.training;
  const { control } = options;
  const clock = createClock(progress);
  const meter = new PerformanceMeter(session);
  let reported = progress.checkpoint.step;
  let step = progress.checkpoint.step;
  while (step < steps && !control.stopped) {
    if (control.paused) {
      if (step > reported) yield* report(context, session, progress, { from: reported, clock, meter });
      reported = step;
      yield { kind: "paused", seedIndex, step };
      await control.ready();
      clock.restart();
      yield { kind: "resumed", seedIndex, step };
    } else await control.ready();
    if (control.stopped) break;
    step++;
    meter.start();
    const used = await enqueueStep(context, session, step);
    await used.training.pace(stepsInFlight);
    const due = step % evaluateEvery === 0 || step === steps;
    if (!due && step !== 1 && clock.sinceLap() < reportSeconds && step - reported < reportSteps) continue;
    const problem = yield* report(context, session, progress, { from: reported, clock, meter });
    reported = step;
    if (problem !== undefined) {
      yield { kind: "advice", seedIndex, advice: "diverged", step, message: problem };
      yield* evaluate(context, session, progress, step);
      return "diverged";
    }
    if (due) yield* evaluate(context, session, progress, step);
  }
  if (step > reported) yield* report(context, session, progress, { from: reported, clock, meter });
  if (step > 0 && progress.last?.step !== step) yield* evaluate(context, session, progress, step);
  clock.lap();
  return control.stopped ? "stopped" : "finished";
}

interface Clock {
  restart(): void;
  sinceLap(): number;
  /** Seconds of the whole run so far. */
  lap(): number;
}

/** Adds running time to the progress; pauses are left out. */
function createClock(progress: Progress): Clock {
  let mark = performance.now();
  return {
    restart: () => void (mark = performance.now()),
    sinceLap: () => (performance.now() - mark) / 1000,
    lap(): number {
      const now = performance.now();
      progress.seconds += (now - mark) / 1000;
      mark = now;
      return progress.seconds;
    },
  };
}

/** Enqueues the step on the plans of the data set whose turn it is, and returns those. */
async function enqueueStep(context: SeedContext, session: Session, step: number): Promise<LaneSession> {
  const { lanes, turn, training } = context;
  const sessions = lanesOf(session);
  const { lane, step: own } = turn(step);
  const [before] = step > 1 ? [sessions[turn(step - 1).lane]] : [];
  const [used, setup] = [sessions[lane] ?? session, lanes[lane]?.setup ?? lanes[0].setup];
  // Only the steps of one plan wait for each other by themselves, and all plans share the prompt.
  if (before !== undefined && before !== used) await before.training.pace(0);
  const inputs = setup.pack(stepSequences(context, step), true, {
    seed: context.seed,
    step: context.stepsBefore + step,
  });
  const update = updateSettings({ ...context.options.experiment, training }, step);
  const groups = lanes.length === 1 ? update.groups : groupSettings(context.options.experiment, own);
  await used.step(inputs, { ...update, groups });
  return used;
}

function stepSequences({ lanes, turn }: Pick<SeedContext, "lanes" | "turn">, step: number): EncodedSequence[] {
  const { lane, step: own } = turn(step);
  const { data, batch } = lanes[lane] ?? lanes[0];
  return batch(own).flatMap((index) => data.train.sequences[index] ?? []);
}

/** AdamW's settings at a step, as torch.optim.AdamW's defaults with the scheduled learning rate. */
export function updateSettings(experiment: Experiment, step: number): UpdateSettings {
  return {
    learningRate: learningRateAt(experiment.training, step),
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    clipNorm: experiment.training.clipNorm,
    groups: groupSettings(experiment),
  };
}

/** The statistics of all steps since `from`, in their order; each plan has those of its own steps. */
async function statisticsSince(
  { turn }: SeedContext,
  session: Session,
  from: number,
): Promise<{ step: number; statistics: StepStatistics }[]> {
  const perLane = await Promise.all(lanesOf(session).map(({ training }) => training.statistics()));
  const count = perLane.reduce((sum, { length }) => sum + length, 0);
  const next = perLane.map((statistics) => statistics.values());
  return Array.from({ length: count }, (_, index) => from + index + 1).flatMap((step) => {
    const found = next[turn(step).lane]?.next();
    return found === undefined || found.done === true ? [] : [{ step, statistics: found.value }];
  });
}

interface ReportRange {
  readonly meter: PerformanceMeter;
  /** Last step that was reported before. */
  readonly from: number;
  readonly clock: Clock;
}

/** Reads the steps since the last report; returns the message of a diverged run. */
async function* report(
  context: SeedContext,
  session: Session,
  progress: Progress,
  { from, clock, meter }: ReportRange,
): AsyncGenerator<TrainingEvent, string | undefined> {
  const { seedIndex, training } = context;
  const made = await statisticsSince(context, session, from);
  // Only now have the steps run: enqueuing them takes next to no time.
  const seconds = clock.lap();
  const points = made.map(({ step, statistics: { loss, correct, gradientNorm, skipped } }): StepPoint => {
    const accuracy = correct / Math.max(1, labelCount(stepSequences(context, step)));
    return { step, loss, accuracy, gradientNorm, skipped, learningRate: learningRateAt(training, step) };
  });
  const sequences = points.flatMap(({ step }) => stepSequences(context, step));
  meter.stop(points.length, sequences);
  const fresh = points.filter(({ step }) => step > progress.stepsDone);
  progress.stepsDone = Math.max(progress.stepsDone, points.at(-1)?.step ?? 0);
  if (fresh.length > 0) yield { kind: "steps", seedIndex, points: fresh, seconds };
  if (points.length > 0) yield { kind: "performance", seedIndex, performance: meter.read() };
  for (const point of fresh) {
    const detectors = progress.detectors[context.turn(point.step).lane];
    const diverged = detectors?.divergence.see(point);
    if (diverged !== undefined) return diverged;
    const message = detectors?.learning.see(point);
    if (message !== undefined) yield { kind: "advice", seedIndex, advice: "not-learning", step: point.step, message };
  }
  return undefined;
}

/** Scores the evaluation examples, keeps the best values and makes the checkpoint. */
async function* evaluate(
  context: SeedContext,
  session: Session,
  progress: Progress,
  step: number,
): AsyncGenerator<TrainingEvent, void> {
  const { setup, seedIndex, initial } = context;
  const evaluation = await evaluateLanes(context, session, step);
  const [state, gradients] = await Promise.all([session.store.readState(), session.training.readGradients()]);
  const best = progress.best === undefined || isBetter(evaluation, progress.best.evaluation);
  const movement =
    setup.method.promptedLayers.length === 0
      ? undefined
      : slotMovement(setup.method, { start: initial, now: state.values, gradients, step });
  if (best) progress.best = { evaluation, values: state.values, ...(movement === undefined ? {} : { movement }) };
  progress.last = evaluation;
  progress.checkpoint = { step, state };
  yield { kind: "evaluated", seedIndex, evaluation, best };
  if (session.cache !== undefined) yield { kind: "cache", seedIndex, step, cache: session.cache.report };
  if (movement !== undefined) yield { kind: "moved", seedIndex, movement };
}

/** Scores on every data set of the run. */
async function evaluateLanes({ lanes }: SeedContext, session: Session, step: number): Promise<Evaluation> {
  const scores: Scores[] = [];
  for (const [place, { evaluation }] of lanesOf(session).entries()) {
    const { data, setup } = lanes[place] ?? lanes[0];
    scores.push(data.evaluation.score(await logitsOf(evaluation, setup, data.evaluation.sequences)));
  }
  const [own, ...others] = scores;
  if (own === undefined) throw new Error("A run evaluates at least one data set.");
  return { step, ...own, ...(others.length === 0 ? {} : { others }) };
}

/** The score of an evaluation: over several data sets their mean. */
export function meanScore({ accuracy, others = [] }: Evaluation): number {
  return (
    [accuracy, ...others.map((each) => each.accuracy)].reduce((sum, score) => sum + score, 0) / (1 + others.length)
  );
}

function isBetter(candidate: Evaluation, best: Evaluation): boolean {
  const [score, known] = [meanScore(candidate), meanScore(best)];
  return score > known || (score === known && candidate.loss < best.loss);
}
