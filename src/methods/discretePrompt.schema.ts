/** Settings of the discrete prompt: words around the text, and nothing trained. Template and label words belong to the task. */
import { z } from "zod";
import type { MethodDescription } from "./method.schema.ts";

export const discretePromptSchema = z.strictObject({ kind: z.literal("discrete-prompt") });

export type DiscretePromptSettings = z.infer<typeof discretePromptSchema>;

export const discretePrompt: MethodDescription<typeof discretePromptSchema> = {
  kind: "discrete-prompt",
  family: "baselines",
  label: "Words only",
  term: "discrete prompt, zero-shot",
  summary:
    "Trains nothing: the text stands in a sentence with a gap, and the frozen model says which label's word fits. Needs the verbalizer head.",
  source: "Schick & Schütze 2021 (PET)",
  schema: discretePromptSchema,
  defaults: { learningRate: 0.01, weightDecay: 0 },
  trainedNumbers: () => ({ prompt: 0, head: 0, model: 0 }),
  promptedLayers: () => [],
};
