/** A run that trains nothing: one evaluation of the frozen model, with the events of a run without steps. */
import { logitsOf } from "./evaluate.ts";
import type { Evaluation, RunOutcome, TrainingEvent } from "./events.ts";
import type { Progress } from "./seedRun.ts";
import type { SeedContext } from "./train.ts";

/** Evaluates the seed's examples once, as step 0. */
export async function* evaluateOnly(
  { options, data, setup, seedIndex }: SeedContext,
  progress: Progress,
): AsyncGenerator<TrainingEvent, RunOutcome> {
  const started = performance.now();
  const executor = await options.executor();
  const store = executor.createParameters(setup.parameters, setup.weights);
  try {
    const capacities = setup.capacities(setup.evaluationChunk, data.longest);
    const plan = await executor.compileEvaluation(setup.evaluationGraph, store, capacities);
    const logits = await logitsOf(plan, setup, data.evaluation.sequences).finally(() => plan.dispose());
    const evaluation: Evaluation = { step: 0, ...data.evaluation.score(logits) };
    progress.best = { evaluation, values: new Map() };
    progress.last = evaluation;
    progress.seconds = (performance.now() - started) / 1000;
    yield { kind: "evaluated", seedIndex, evaluation, best: true };
  } finally {
    store.dispose();
  }
  return "finished";
}
