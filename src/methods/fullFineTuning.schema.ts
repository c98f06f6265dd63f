/** Settings of full fine-tuning: every weight of the model is trained, by the same mechanism as a prompt. */
import { z } from "zod";
import { headNumbers, type MethodDescription } from "./method.schema.ts";

export const fullFineTuningSchema = z.strictObject({ kind: z.literal("full-fine-tuning") });

export type FullFineTuningSettings = z.infer<typeof fullFineTuningSchema>;

export const fullFineTuning: MethodDescription<typeof fullFineTuningSchema> = {
  kind: "full-fine-tuning",
  family: "baselines",
  label: "All weights",
  term: "full fine-tuning",
  summary:
    "Trains every weight of the model. The yardstick: strongest, and the result is as large as the model itself.",
  source: "Devlin et al. 2019 (BERT fine-tuning)",
  schema: fullFineTuningSchema,
  defaults: { learningRate: 0.0005, weightDecay: 0.01 },
  trainedNumbers: (_settings, { width, parameters }, classes) => ({
    prompt: 0,
    head: headNumbers(width, classes),
    model: parameters,
  }),
  promptedLayers: () => [],
};
