/** Settings of finding the answer to a question as a span of a given context. */
import { z } from "zod";
import type { TaskDescription } from "./task.schema.ts";

export const questionAnsweringSchema = z.strictObject({
  kind: z.literal("question-answering"),
  stride: z
    .int()
    .min(1)
    .max(2048)
    .default(64)
    .meta({ title: "Window overlap", description: "Tokens that two windows of a long context share." }),
  longestAnswer: z
    .int()
    .min(1)
    .max(512)
    .default(30)
    .meta({ title: "Longest answer", description: "Tokens an answer may have." }),
  tokenTypes: z.enum(["question-and-context", "none"]).default("question-and-context").meta({
    title: "Token types",
    description: "Whether the model is told where the context begins. PEFT leaves that out when it answers questions.",
  }),
});

export type QuestionAnsweringSettings = z.infer<typeof questionAnsweringSchema>;

export const questionAnswering: TaskDescription<QuestionAnsweringSettings> = {
  kind: "question-answering",
  label: "Answer questions",
  term: "extractive question answering",
  summary: "Marks where in a context the answer to a question begins and ends.",
  exampleLine: '{"context": "…", "question": "…", "answers": ["…"]}',
  schema: questionAnsweringSchema,
  defaults: { maxTokens: 192 },
  scoreName: "F1",
  second: { figure: "exactMatch", label: "Exact match", meaning: "Share of answers that are right word by word" },
  guess: "pointing anywhere in the passage",
};
