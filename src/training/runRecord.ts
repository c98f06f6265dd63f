/** A finished or stopped run as it is kept in the browser and written by the command line. */
import type { Experiment } from "../config/experiment.ts";
import type { Evaluation, RunOutcome, RunResult, StepPoint } from "./events.ts";

export interface SeedCurves {
  readonly seed: number;
  readonly steps: readonly StepPoint[];
  readonly evaluations: readonly Evaluation[];
}

export interface RunRecord {
  readonly version: 1;
  readonly id: string;
  /** Two friendly words. */
  readonly name: string;
  readonly createdAt: string;
  readonly experiment: Experiment;
  readonly modelHash: string;
  readonly dataHash: string;
  /** Of the experiment's further data sets, in their order. */
  readonly otherDataHashes?: readonly string[];
  readonly outcome: RunOutcome;
  readonly curves: readonly SeedCurves[];
  readonly result: RunResult;
  /** Browser or Node version, studio version. */
  readonly environment: string;
  /** The kernel of each class of matrix products on this adapter, where the executor chooses among several. */
  readonly products?: Readonly<Record<string, string>>;
  /** Shipped with the studio instead of made here. */
  readonly example?: boolean;
  /** Opened from an adapter's files instead of trained here: its scores are of that moment, and it has no curves. */
  readonly opened?: boolean;
}
