/**
 * Adds up what the steps of one session take: wall time, tokens, and what plan, cache and executor count themselves. It
 * measures running steps only; how fast a step could be, `measureSavings.ts` finds out.
 */
import type { EncodedSequence } from "../tasks/task.ts";
import type { StepTiming } from "../engine/executor.ts";
import type { RunPerformance } from "./events.ts";
import { lanesOf, type Session } from "./session.ts";

export class PerformanceMeter {
  readonly #session: Session;
  /** Since when steps have been running, milliseconds; undefined between reports and the next step. */
  #since: number | undefined;
  #steps = 0;
  #tokens = 0;
  #seconds = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** A step is about to be enqueued. */
  start(): void {
    this.#since ??= performance.now();
  }

  /** All steps are done: `steps` more than at the last stop, with these sequences in them. */
  stop(steps: number, sequences: readonly EncodedSequence[]): void {
    if (this.#since === undefined) return;
    this.#seconds += (performance.now() - this.#since) / 1000;
    this.#since = undefined;
    this.#steps += steps;
    this.#tokens += sequences.reduce((sum, { encoding }) => sum + encoding.ids.length, 0);
  }

  read(): RunPerformance {
    const { cache, executor, training } = this.#session;
    const report = cache?.report;
    const held = executor.heldMemory();
    const cacheBytes = report?.bytes ?? 0;
    return {
      steps: this.#steps,
      tokens: this.#tokens,
      seconds: this.#seconds,
      timing: lanesOf(this.#session)
        .map((lane) => lane.training.timing())
        .reduce(sumOf),
      // The cache's tables are frozen weights to the executor.
      memory: { ...held, weights: held.weights - cacheBytes, cache: cacheBytes },
      ...(report === undefined ? {} : { cache: report }),
      products: training.costs.products ?? {},
    };
  }
}

function sumOf(a: StepTiming, b: StepTiming): StepTiming {
  return {
    dispatches: a.dispatches + b.dispatches,
    submits: a.submits + b.submits,
    encodeSeconds: a.encodeSeconds + b.encodeSeconds,
    waitSeconds: a.waitSeconds + b.waitSeconds,
    deviceSeconds: a.deviceSeconds + b.deviceSeconds,
  };
}
