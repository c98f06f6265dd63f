/** Which methods, tasks, heads and models go together: the page disables the rest, and training refuses it in the same words. */
import { methodKinds, type MethodKind } from "../methods/index.schema.ts";
import type { ModelAbilities } from "../models/abilities.schema.ts";
import type { TaskSettings } from "../tasks/index.schema.ts";
import { taskMisfit, usesLabelWords, usesOwnHead } from "../tasks/taskFit.schema.ts";

/** Why this method has nothing to do in this task, and which have; undefined when it has. */
export function methodMisfit(kind: MethodKind, task: TaskSettings): string | undefined {
  const reason = reasonOf(kind, task);
  if (reason === undefined) return undefined;
  return `${reason} Methods that fit: ${fittingMethods(task).join(", ")}.`;
}

/** Methods that can be trained in this task, in the order of the registry. */
export function fittingMethods(task: TaskSettings): readonly MethodKind[] {
  return methodKinds.filter((kind) => reasonOf(kind, task) === undefined);
}

/** Why the model cannot be trained like this; undefined when it can. */
export function misfit(kind: MethodKind, task: TaskSettings, model: ModelAbilities): string | undefined {
  return taskMisfit(task, model) ?? methodMisfit(kind, task);
}

function reasonOf(kind: MethodKind, task: TaskSettings): string | undefined {
  if (kind === "discrete-prompt" && !usesLabelWords(task)) {
    return task.kind === "sequence-classification"
      ? "Words alone train nothing, so the head must be words as well. Choose the verbalizer head."
      : "Words alone train nothing, so the head must be words as well, which only classifying texts offers.";
  }
  if (kind === "head-only" && usesOwnHead(task)) {
    return `Nothing would be trained: ${kind} has no prompt, and this task's head is the model's own.`;
  }
  return undefined;
}
