/** Which tasks a model can be trained for. The page disables what does not fit; training refuses it with the same words. */
import type { ModelAbilities } from "../models/abilities.schema.ts";
import { taskDescriptions, taskKinds, type TaskKind, type TaskSettings } from "./index.schema.ts";

/** Whether words of the vocabulary stand for the labels. */
export function usesLabelWords(task: TaskSettings): boolean {
  return task.kind === "sequence-classification" && task.head === "verbalizer";
}

/** Whether the head is the model's own, so that nothing of it is trained and the frozen model answers without training. */
export function usesOwnHead(task: TaskSettings): boolean {
  return task.kind === "causal-lm" || usesLabelWords(task);
}

/** Why this model cannot do the task with these settings, and what can; undefined when it can. */
export function taskMisfit(task: TaskSettings, model: ModelAbilities): string | undefined {
  switch (task.kind) {
    case "sequence-classification":
      return usesLabelWords(task) ? wordsMisfit(model) : undefined;
    case "token-classification":
    case "question-answering":
      return model.causal
        ? `Expected a model whose words see both sides, such as bert, for ${taskDescriptions[task.kind].term}; ${model.family} sees only what stands before. ${others(model)}`
        : undefined;
    case "causal-lm":
      return model.causal
        ? undefined
        : `Expected a causal model such as gpt2 to continue texts, got ${model.family}. ${others(model)}`;
    default:
      return task satisfies never;
  }
}

function wordsMisfit({ id, causal, languageModel }: ModelAbilities): string | undefined {
  if (!causal && languageModel) return undefined;
  return `Expected a model with a masked-language-model head (tensors cls.predictions.*) for label words; "${id}" has none. Choose the linear head or another model.`;
}

function others(model: ModelAbilities): string {
  const fits = (kind: TaskKind): boolean =>
    (kind === "causal-lm") === model.causal || kind === "sequence-classification";
  return `Open another model, or choose a task that fits this one: ${taskKinds.filter(fits).join(", ")}.`;
}
