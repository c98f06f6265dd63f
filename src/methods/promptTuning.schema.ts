/** Settings of soft prompts: trained rows in front of the input embeddings. */
import { z } from "zod";
import { headNumbers, type MethodDescription } from "./method.schema.ts";
import {
  initialScaleSchema,
  initialTextSchema,
  placementSchema,
  poolingSchema,
  promptDropoutSchema,
  promptLengthSchema,
} from "./promptSettings.schema.ts";

export const promptTuningSchema = z.strictObject({
  kind: z.literal("prompt-tuning"),
  promptLength: promptLengthSchema,
  initialisation: z.enum(["random", "uniform", "vocabulary", "labels", "text"]).default("vocabulary").meta({
    title: "Start from",
    description:
      "Normal or uniform random numbers, vectors of frequent words, the words of the labels, or those of a text.",
  }),
  initialScale: initialScaleSchema.default(0.02),
  initialText: initialTextSchema,
  placement: placementSchema,
  pooling: poolingSchema,
  dropout: promptDropoutSchema,
});

export type PromptTuningSettings = z.infer<typeof promptTuningSchema>;

export const promptTuning: MethodDescription<typeof promptTuningSchema> = {
  kind: "prompt-tuning",
  family: "prompts",
  adds: "prompt",
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
  promptedLayers: () => [0],
};
