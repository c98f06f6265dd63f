/** Registry of task settings: adding a task adds its files and one line here and one in `index.ts`. */
import { z } from "zod";
import { causalLanguageModel, causalLanguageModelSchema } from "./causalLanguageModel.schema.ts";
import { questionAnswering, questionAnsweringSchema } from "./questionAnswering.schema.ts";
import type { SecondFigure } from "./task.schema.ts";
import { sequenceClassification, sequenceClassificationSchema } from "./sequenceClassification.schema.ts";
import { tokenClassification, tokenClassificationSchema } from "./tokenClassification.schema.ts";

export const taskSchema = z.discriminatedUnion("kind", [
  sequenceClassificationSchema,
  tokenClassificationSchema,
  questionAnsweringSchema,
  causalLanguageModelSchema,
]);

export type TaskSettings = z.infer<typeof taskSchema>;
export type TaskKind = TaskSettings["kind"];

/** Just the name of a task, as a data set's description gives it. */
export const taskKindSchema = z.enum([
  "sequence-classification",
  "token-classification",
  "question-answering",
  "causal-lm",
]) satisfies z.ZodType<TaskKind>;

/** In the order in which the page offers them. */
export const taskDescriptions = {
  "sequence-classification": sequenceClassification,
  "token-classification": tokenClassification,
  "question-answering": questionAnswering,
  "causal-lm": causalLanguageModel,
} as const satisfies Record<TaskKind, { readonly kind: string; readonly second: SecondFigure }>;

export const taskKinds: readonly TaskKind[] = taskKindSchema.options;
