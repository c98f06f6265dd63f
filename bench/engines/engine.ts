/** What the benchmark asks of an engine: open a problem, encode a step, wait for the device, tell the loss. */
import type { Problem } from "../problem.ts";

export type EngineName = "studio" | "tfjs" | "jax-js" | "studio-wasm";

export interface BenchEngine {
  readonly name: EngineName;
  /** Builds, uploads and compiles as far as the engine does so before a step. */
  open(problem: Problem): Promise<BenchSession>;
}

export interface BenchSession {
  /** Milliseconds of building, uploading and compiling, without opening the device. */
  readonly openMilliseconds: number;
  /** Floating-point operations of a step by the FLOP model of the studio's graph; only the studio knows them. */
  flops?(step: number): number;
  /** Fills what the engine keeps between steps, as a run has after its first pass over the texts. Trains nothing. */
  warmUp?(): Promise<void>;
  /** Hands one step to the device, steps counted from 0. Resolves when everything is submitted, not when it has run. */
  step(step: number): Promise<void>;
  /** Resolves when the device has run everything submitted. */
  finish(): Promise<void>;
  /** Loss of the last step. */
  loss(): Promise<number>;
  dispose(): void;
}
