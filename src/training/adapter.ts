/** What remains of a run when it is to answer or to go on: settings, labels, trained tensors, and where it stopped. */
import type { Experiment } from "../config/experiment.ts";
import type { TrainedState } from "../engine/executor.ts";
import type { Evaluation, TrainedTensor } from "./events.ts";

/** A run's prompt, ready to answer, and where to go on from when that was kept. */
export interface Adapter {
  readonly experiment: Experiment;
  /** In the order of the logits. */
  readonly labels: readonly string[];
  /** Best values of everything trained. */
  readonly tensors: readonly TrainedTensor[];
  readonly checkpoint?: Checkpoint;
}

/** One seed's state after a step: last values and the optimizer's moments, with the evaluations so far. */
export interface Checkpoint extends TrainedState {
  readonly seed: number;
  readonly step: number;
  /** Of the adapter's own tensors. */
  readonly best: Evaluation;
  readonly last: Evaluation;
}
