/** What the page calls the figures of a task. Not how they are counted: that is the task's own business. */
import { taskDescriptions, type TaskKind } from "../tasks/index.schema.ts";
import type { Evaluation } from "../worker/protocol.ts";
import type { RunEntry } from "./runEntry.ts";

/** "Accuracy", "F1": with a capital, for titles. */
export function scoreTitle(scoreName: string): string {
  return scoreName.charAt(0).toUpperCase() + scoreName.slice(1);
}

/** What the run's score is called; before the run has told, what its task usually calls it. */
export function scoreNameOf({ facts, experiment }: Pick<RunEntry, "facts" | "experiment">): string {
  return facts?.scoreName ?? taskDescriptions[experiment.task.kind].scoreName;
}

/** Whether a batch's share of right labels is the run's score on a batch; F1 of spans and answers is something else. */
export function scoresBatches(run: Pick<RunEntry, "facts" | "experiment">): boolean {
  return scoreNameOf(run).endsWith("accuracy");
}

/** Runs whose curves mean the same: one task, one name of the score. */
export function measureOf(run: Pick<RunEntry, "facts" | "experiment">): string {
  return `${run.experiment.task.kind} ${scoreNameOf(run)}`;
}

/** The figure that a table shows beside the score. Undefined for records that lack it. */
export function secondFigure(kind: TaskKind, evaluation: Evaluation): number | undefined {
  const { figure } = taskDescriptions[kind].second;
  return figure === "macroF1" ? evaluation.macroF1 : evaluation.figures[figure];
}
