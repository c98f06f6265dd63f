/** Settings of classifying one text or a pair of texts into any number of classes, with a linear head or a verbalizer. */
import { z } from "zod";
import type { TaskDescription } from "./task.schema.ts";

export const sequenceClassificationSchema = z.strictObject({
  kind: z.literal("sequence-classification"),
  head: z
    .enum(["linear", "verbalizer"])
    .default("linear")
    .meta({ title: "Head", description: "A trained linear layer, or label words predicted at [MASK]." }),
  template: z
    .string()
    .default("{text} It was [MASK].")
    .meta({ title: "Template", description: "Text around {text} (and {text_pair}) with one [MASK]." }),
  labelWords: z.record(z.string(), z.string()).default({}).meta({
    title: "Label words",
    description: "One word of the vocabulary per label; the label itself where none is given.",
  }),
});

export type SequenceClassificationSettings = z.infer<typeof sequenceClassificationSchema>;

export type { TextExample } from "../lib/examples/example.ts";

export const sequenceClassification: TaskDescription<SequenceClassificationSettings> = {
  kind: "sequence-classification",
  label: "Classify texts",
  term: "sequence classification",
  summary:
    "Gives a text or a pair of texts one of several labels: a linear layer on the first row, or label words at a mask.",
  exampleLine: '{"text": "…", "label": "…"}',
  schema: sequenceClassificationSchema,
  defaults: { maxTokens: 64 },
  scoreName: "accuracy",
  second: { figure: "macroF1", label: "Macro-F1", meaning: "F1 averaged over the labels" },
  guess: "answering by the shares of the labels",
};
