/**
 * Runs a program and keeps count of what the device has not finished. Long steps on a real GPU are cut into several
 * submits so that the page and the screen stay alive; software adapters have no such limit and are never cut.
 */
import type { StepTiming } from "../executor.ts";
import type { Dispatch } from "./dispatch.ts";
import type { Program } from "./program.ts";
import type { Runtime } from "./runtime.ts";

/** Floating-point operations per millisecond assumed before anything was measured: 200 GFLOP/s. */
const FIRST_GUESS = 2e8;

export class Submitter {
  readonly #runtime: Runtime;
  readonly #program: Program;
  readonly #dispatches: readonly Dispatch[];
  readonly #label: string;
  readonly #pending: Promise<void>[] = [];
  #rate = FIRST_GUESS;
  #ends: readonly number[];
  #counts = { dispatches: 0, submits: 0, deviceSeconds: 0 };
  /** When the device was last heard to be done with a run, milliseconds. */
  #lastEnd = 0;

  constructor(runtime: Runtime, program: Program, dispatches: readonly Dispatch[], label: string) {
    this.#runtime = runtime;
    this.#program = program;
    this.#dispatches = dispatches;
    this.#label = label;
    this.#ends = this.#cut();
  }

  /**
   * Uploads what was packed and submits every dispatch, or the first `length`; `finish` may add copies behind the last one.
   */
  run(finish?: (encoder: GPUCommandEncoder) => void, length = this.#program.length): void {
    const { gpu } = this.#runtime.device;
    this.#program.upload();
    let start = 0;
    for (const stop of this.#ends) {
      const end = Math.min(stop, length);
      if (end <= start) continue;
      const encoder = gpu.createCommandEncoder({ label: this.#label });
      this.#program.encode(encoder, start, end);
      if (end === this.#program.length) finish?.(encoder);
      gpu.queue.submit([encoder.finish()]);
      this.#counts.dispatches += end - start;
      this.#counts.submits++;
      start = end;
    }
    this.#watch();
  }

  /** What all runs so far took of the device. */
  get counts(): Pick<StepTiming, "dispatches" | "submits" | "deviceSeconds"> {
    return { ...this.#counts };
  }

  /** Resolves when at most `inFlight` runs are unfinished. */
  async pace(inFlight: number): Promise<void> {
    while (this.#pending.length > inFlight) await this.#pending[0];
  }

  #watch(): void {
    const alone = this.#pending.length === 0;
    const started = performance.now();
    const done = this.#runtime.device.gpu.queue.onSubmittedWorkDone().catch(() => undefined);
    const finished = done.then(() => {
      void this.#pending.shift();
      const now = performance.now();
      this.#counts.deviceSeconds += (now - Math.max(started, this.#lastEnd)) / 1000;
      this.#lastEnd = now;
      if (alone) this.#measure(now - started);
    });
    this.#pending.push(finished);
  }

  /** A run that had the device to itself tells how fast it is; the fastest one counts. */
  #measure(milliseconds: number): void {
    const rate = totalFlops(this.#dispatches) / Math.max(milliseconds, 0.1);
    if (rate < this.#rate * 1.5 && this.#rate !== FIRST_GUESS) return;
    this.#rate = rate;
    this.#ends = this.#cut();
  }

  /** Where each submit ends: behind at most the allowed work, if possible where a layer begins. */
  #cut(): number[] {
    const budget = this.#runtime.submitMilliseconds * this.#rate;
    const { length } = this.#dispatches;
    if (budget === 0 || this.#runtime.device.info.software) return [length];
    const ends: number[] = [];
    let work = 0;
    for (const [i, { flops, startsLayer }] of this.#dispatches.entries()) {
      const due = work + flops > budget || (startsLayer && work > budget / 2 && totalFlops(this.#dispatches) > budget);
      if (due && work > 0) {
        ends.push(i);
        work = 0;
      }
      work += flops;
    }
    return [...ends, length];
  }
}

function totalFlops(dispatches: readonly Dispatch[]): number {
  return dispatches.reduce((sum, { flops }) => sum + flops, 0);
}
