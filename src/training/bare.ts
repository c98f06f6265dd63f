/** The frozen model on its own: the same task without any method. */
import type { Experiment } from "../config/experiment.ts";

/** The experiment without a prompt; places for virtual tokens in a template close up. */
export function bareExperiment(experiment: Experiment): Experiment {
  const { task } = experiment;
  const bare = { ...experiment, method: { kind: "head-only" } } as const;
  if (task.kind !== "sequence-classification") return bare;
  return { ...bare, task: { ...task, template: task.template.replace(/\s*\[P\]/g, "") } };
}
