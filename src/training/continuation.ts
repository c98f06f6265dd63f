/**
 * After the steps on several data sets: the same prompt goes on with the run's own data set alone, with a new optimizer, a
 * learning-rate schedule of its own, and the head as it is or as it started (as the authors of THUDM/P-tuning-v2 describe it).
 */
import type { Evaluation, RunOutcome, TrainingEvent } from "./events.ts";
import type { Progress } from "./seedRun.ts";
import type { SeedContext } from "./train.ts";

/** The run's own data set, from the best values of the shared steps. */
export function continued(context: SeedContext, { best }: Progress): SeedContext {
  const [own] = context.lanes;
  const { continueSteps, continueHead } = context.options.experiment.multiTask;
  const isFresh = continueHead === "fresh";
  const start = own.setup.trained.flatMap(({ name, group }) => {
    const values = (isFresh && group === "head" ? context.initial : best?.values)?.get(name);
    return values === undefined ? [] : [[name, values] as const];
  });
  // Batches go on where this data set's shared ones would; a second pass over the same order would be no draw.
  const lane = { ...own, batch: (step: number) => own.batch(context.training.steps + step) };
  return {
    ...context,
    lanes: [lane],
    initial: new Map(start),
    training: { ...context.training, steps: continueSteps },
    turn: (step) => ({ lane: 0, step }),
    stepsBefore: context.training.steps,
  };
}

/** Events whose steps count on from `steps`. */
export async function* shifted(
  events: AsyncGenerator<TrainingEvent, RunOutcome>,
  steps: number,
): AsyncGenerator<TrainingEvent, RunOutcome> {
  try {
    for (;;) {
      const next = await events.next();
      if (next.done === true) return next.value;
      yield shiftedEvent(next.value, steps);
    }
  } finally {
    await events.return("stopped");
  }
}

/** An evaluation so many steps later. */
export function later(evaluation: Evaluation, steps: number): Evaluation {
  return { ...evaluation, step: evaluation.step + steps };
}

function shiftedEvent(event: TrainingEvent, steps: number): TrainingEvent {
  switch (event.kind) {
    case "steps":
      return { ...event, points: event.points.map((point) => ({ ...point, step: point.step + steps })) };
    case "evaluated":
      return { ...event, evaluation: later(event.evaluation, steps) };
    case "moved":
      return { ...event, movement: { ...event.movement, step: event.movement.step + steps } };
    case "cache":
    case "advice":
    case "paused":
    case "resumed":
      return { ...event, step: event.step + steps };
    case "performance":
    case "seed-started":
    case "seed-finished":
    case "finished":
      return event;
    default:
      return event satisfies never;
  }
}
