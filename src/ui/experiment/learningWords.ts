/** What is known of a method on the chosen data: the figures of a combination that was measured and does not learn. Pure. */
import { defaultModel, type Experiment } from "../../config/experiment.ts";
import { doesNotLearn, measured, type Measured } from "../../config/measured.ts";
import { formatScore } from "../../lib/format.ts";
import type { MethodKind } from "../../methods/index.schema.ts";
import { usesOwnHead } from "../../tasks/taskFit.schema.ts";

/** Figures belong to a built-in set with the built-in model and a trained head; anything else was not measured. */
export function knownNotToLearn(
  { model, data, task }: Pick<Experiment, "model" | "data" | "task">,
  kind: MethodKind,
  all: readonly Measured[] = measured,
): Measured | undefined {
  if (data.kind !== "built-in" || model !== defaultModel || usesOwnHead(task)) return undefined;
  return doesNotLearn(data.id, kind, all);
}

/** "F1 0.147, 0.112 without learning": short enough for a badge. */
export function figureWords({ scoreName, score, baseline }: Measured): string {
  return `${scoreName} ${formatScore(score)}, ${formatScore(baseline.score)} without learning`;
}
