/** Learning rate over the run, as transformers' `get_scheduler` counts: the factor of step s uses s − 1 finished steps. */
import type { TrainingSettings } from "../config/training.ts";

/** Learning rate of step 1 … steps. */
export function learningRateAt(training: TrainingSettings, step: number): number {
  const { learningRate, warmupSteps, steps, schedule } = training;
  const done = step - 1;
  if (done < warmupSteps) return (learningRate * done) / warmupSteps;
  const progress = (done - warmupSteps) / Math.max(1, steps - warmupSteps);
  switch (schedule) {
    case "constant":
      return learningRate;
    case "linear":
      return learningRate * Math.max(0, 1 - progress);
    case "cosine":
      return learningRate * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, progress)));
    default:
      return schedule satisfies never;
  }
}
