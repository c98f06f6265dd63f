/** Collects a run's curves from its events, one set per seed. */
import type { Evaluation, StepPoint, TrainingEvent } from "./events.ts";
import type { SeedCurves } from "./runRecord.ts";

export interface CurveCollector {
  see(event: TrainingEvent): void;
  seeds(): SeedCurves[];
}

export function createCurves(): CurveCollector {
  const seeds: { seed: number; steps: StepPoint[]; evaluations: Evaluation[] }[] = [];
  return {
    see(event) {
      if (event.kind === "seed-started") seeds.push({ seed: event.facts.seed, steps: [], evaluations: [] });
      else if (event.kind === "steps") seeds[event.seedIndex]?.steps.push(...event.points);
      else if (event.kind === "evaluated") seeds[event.seedIndex]?.evaluations.push(event.evaluation);
    },
    seeds: () => seeds,
  };
}
