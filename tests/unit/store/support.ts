/** Small runs for the tests of the page's state. */
import { defaultExperiment, parseExperiment, type Experiment } from "../../../src/config/experiment.ts";
import type { MethodKind } from "../../../src/methods/index.schema.ts";
import { newEntry, type RunEntry } from "../../../src/store/runEntry.ts";
import type { Evaluation, RunFacts } from "../../../src/worker/protocol.ts";

export function evaluation(step: number, accuracy: number): Evaluation {
  return {
    step,
    accuracy,
    interval: [accuracy - 0.05, accuracy + 0.05],
    macroF1: accuracy,
    figures: {},
    loss: 1 - accuracy,
    examples: 100,
  };
}

export const facts: RunFacts = {
  seed: 1,
  steps: 160,
  labels: ["no", "yes"],
  trainExamples: 40,
  evaluationExamples: 100,
  scoreName: "accuracy",
  baseline: "most frequent label",
  majorityAccuracy: 0.5,
  trained: { prompt: 100, head: 10, model: 0 },
  truncated: 0,
  backend: "cpu",
  adapter: "",
};

export function experimentOf(kind: MethodKind, method: object = {}, rest: object = {}): Experiment {
  const base = defaultExperiment(kind);
  return parseExperiment({ ...base, ...rest, method: { ...base.method, ...method } });
}

export function runOf(id: string, experiment: Experiment, accuracies: readonly number[] = []): RunEntry {
  const entry = newEntry({
    id,
    name: id,
    createdAt: `2026-01-01T00:00:0${id.length}Z`,
    colour: 0,
    experiment,
    modelHash: "model",
    dataHash: "data",
    environment: "test",
  });
  if (accuracies.length === 0) return entry;
  const seeds = accuracies.map((accuracy, index) => ({
    seed: index + 1,
    best: evaluation(100, accuracy),
    last: evaluation(160, accuracy - 0.01),
    seconds: 2,
  }));
  return { ...entry, status: "finished", facts, seeds, seconds: 2 * seeds.length, stepsPerSecond: 80 };
}
