/** Settings of soft prompts: trained rows in front of the input embeddings. */
import { z } from "zod";
import { headNumbers, type MethodDescription } from "./method.schema.ts";
import { initialScaleSchema, promptLengthSchema } from "./promptSettings.schema.ts";

export const promptTuningSchema = z.strictObject({
  kind: z.literal("prompt-tuning"),
  promptLength: promptLengthSchema,
  initialisation: z
    .enum(["random", "vocabulary", "text"])
    .default("vocabulary")
    .meta({ title: "Start from", description: "Random numbers, word vectors drawn from the vocabulary, or a text." }),
  initialScale: initialScaleSchema.default(0.02),
  initialText: z
    .string()
    .max(2000)
    .default("")
    .meta({ title: "Text", description: "Its word vectors start the prompt; repeated or cut to the prompt's length." }),
  pooling: z.enum(["first-row", "cls"]).default("first-row").meta({
    title: "Read from",
    description: "The head reads the first virtual token, as PEFT does, or [CLS] (cannot be exported to PEFT).",
  }),
});

export type PromptTuningSettings = z.infer<typeof promptTuningSchema>;

export const promptTuning: MethodDescription<PromptTuningSettings> = {
  kind: "prompt-tuning",
  label: "Soft prompt",
  term: "prompt tuning",
  summary:
    "Trains virtual tokens that stand in front of the text as if they were words. Only the input changes; the effect has to travel up through the frozen layers.",
  source: "Lester et al. 2021 (prompt tuning)",
  schema: promptTuningSchema,
  defaults: { learningRate: 0.03, weightDecay: 0 },
  trainedNumbers: (settings, { width }, classes) => ({
    prompt: settings.promptLength * width,
    head: headNumbers(width, classes),
    model: 0,
  }),
  promptLength: (settings) => settings.promptLength,
  promptedLayers: () => [0],
};
