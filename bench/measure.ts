/**
 * Times and counts engines on one problem, side by side in one process: steps of the engines take turns, so that a machine
 * that slows down slows all of them, and medians are compared.
 */
import type { BenchEngine, BenchSession, EngineName } from "./engines/engine.ts";
import { countCalls, timeEncoding, type StepCounts } from "./instrument.ts";
import type { Problem } from "./problem.ts";
import type { Result } from "./results.ts";

export interface MeasureOptions {
  readonly adapter: string;
  /** Steps that are timed, after the first one and one that is counted. */
  readonly steps: number;
  /** Age of this process at which timing ends where the steps are not done; at least three are timed in any case. */
  readonly endSeconds?: number;
  /** False on the null backend, which computes nothing. */
  readonly checkLosses: boolean;
  readonly log: (line: string) => void;
}

interface Opened {
  readonly name: EngineName;
  readonly session: BenchSession;
  readonly firstStepMs: number;
  readonly losses: number[];
  readonly encode: number[];
  readonly step: number[];
}

/** Largest difference of the first losses that still counts as the same training. */
export const lossTolerance = 1e-4;

const fewestSteps = 3;

/** Measures all engines on a problem. @throws when their first losses differ */
export async function measure(
  problem: Problem,
  engines: readonly BenchEngine[],
  options: MeasureOptions,
): Promise<Result[]> {
  const opened: Opened[] = [];
  try {
    for (const engine of engines) {
      opened.push(await openEngine(engine, problem));
      options.log(
        `${problem.model.id} ${engine.name}: first step in ${Math.round(opened.at(-1)?.firstStepMs ?? 0)} ms`,
      );
    }
    if (options.checkLosses) checkLosses(problem.model.id, opened);
    for (const { session } of opened) await session.warmUp?.();
    const counts = new Map<EngineName, StepCounts>();
    for (const { name, session } of opened) counts.set(name, await countCalls(() => runStep(session, 1)));
    await takeTurns(opened, options);
    return opened.map((engine) => resultOf(problem, engine, counts.get(engine.name), options));
  } finally {
    for (const { session } of opened) session.dispose();
  }
}

async function takeTurns(opened: readonly Opened[], { steps, endSeconds = Infinity }: MeasureOptions): Promise<void> {
  let round = 0;
  for (let step = 0; step < steps; step++) {
    const started = performance.now();
    if (step >= fewestSteps && started + round > endSeconds * 1000) return;
    for (const engine of opened) await timeStep(engine, step + 2);
    round = performance.now() - started;
  }
}

async function openEngine({ name, open }: BenchEngine, problem: Problem): Promise<Opened> {
  const session = await open(problem);
  const started = performance.now();
  await runStep(session, 0);
  const firstStepMs = session.openMilliseconds + performance.now() - started;
  return { name, session, firstStepMs, losses: [await session.loss()], encode: [], step: [] };
}

async function runStep(session: BenchSession, step: number): Promise<void> {
  await session.step(step);
  await session.finish();
}

/** One step; reading its loss keeps the studio's ring of statistics from filling and is not timed. */
async function timeStep({ session, encode, step: times, losses }: Opened, step: number): Promise<void> {
  const started = performance.now();
  encode.push(await timeEncoding(() => session.step(step)));
  await session.finish();
  times.push(performance.now() - started);
  losses.push(await session.loss());
}

function checkLosses(model: string, opened: readonly Opened[]): void {
  const [reference, ...others] = opened;
  const expected = reference?.losses[0] ?? Number.NaN;
  for (const { name, losses } of others) {
    const difference = Math.abs((losses[0] ?? Number.NaN) - expected);
    if (difference <= lossTolerance) continue;
    throw new Error(
      `${model}: the first loss of ${name} is ${losses[0]}, that of ${reference?.name} ${expected}. ` +
        `Expected them within ${lossTolerance}: the engines do not train the same model, so their times mean nothing.`,
    );
  }
}

function resultOf(problem: Problem, engine: Opened, counts: StepCounts | undefined, options: MeasureOptions): Result {
  if (counts === undefined) throw new Error(`${engine.name} was not counted.`);
  const { dispatches, passes, submits, bindGroups, buffers, bytesWritten } = counts;
  const flops = engine.session.flops?.(0);
  return {
    model: problem.model.id,
    engine: engine.name,
    adapter: options.adapter,
    dispatches,
    passes,
    submits,
    bindGroups,
    buffers,
    bytesWritten,
    encodeMs: rounded(median(engine.encode)),
    stepMs: rounded(median(engine.step)),
    firstStepMs: rounded(engine.firstStepMs),
    loss: engine.losses[0] ?? Number.NaN,
    mode: problem.mode,
    sequences: problem.batches[0]?.length ?? 0,
    tokens: problem.paddedTokens,
    promptLength: problem.promptLength,
    steps: engine.step.length,
    ...(flops === undefined ? {} : { flops }),
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

/** Three decimals: microseconds. */
export function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
