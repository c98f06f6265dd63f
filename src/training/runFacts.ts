/** What is known of a run before its first step: its data, what it trains, and where. */
import type { Executor } from "../engine/executor.ts";
import type { OtherFacts, RunFacts } from "./events.ts";
import type { Lane } from "./lanes.ts";

type DataLane = Pick<Lane, "name" | "data" | "setup">;

export interface FactsOptions {
  readonly seed: number;
  readonly steps: number;
  /** The data sets, the run's own first. */
  readonly lanes: readonly [DataLane, ...DataLane[]];
  readonly executor: Executor;
}

export function runFacts({ seed, steps, lanes, executor }: FactsOptions): RunFacts {
  const [own, ...others] = lanes;
  return {
    seed,
    steps,
    ...dataFacts(own),
    trained: trainedCounts(lanes.map(({ setup }) => setup)),
    truncated: own.data.truncated,
    backend: executor.info.backend,
    adapter: executor.info.adapter,
    ...(others.length === 0 ? {} : { others: others.map((lane) => ({ name: lane.name, ...dataFacts(lane) })) }),
  };
}

/** Trained numbers by group, a prompt that several set-ups share counted once. */
export function trainedCounts(setups: readonly DataLane["setup"][]): RunFacts["trained"] {
  const trained = new Map(setups.flatMap((setup) => setup.trained.map((shape) => [shape.name, shape])));
  const count = (group: string): number =>
    [...trained.values()].reduce((sum, shape) => (shape.group === group ? sum + shape.rows * shape.width : sum), 0);
  return { prompt: count("prompt"), head: count("head"), model: count("model") };
}

function dataFacts({ data, setup }: DataLane): Omit<OtherFacts, "name"> {
  return {
    labels: data.labels,
    trainExamples: data.trainExamples.length,
    evaluationExamples: data.evaluationExamples.length,
    scoreName: setup.task.scoreName(data.labels),
    baseline: data.baseline.name,
    majorityAccuracy: data.baseline.score,
  };
}
