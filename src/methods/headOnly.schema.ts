/** Settings of the head-only baseline: a linear classifier on the frozen model. */
import { z } from "zod";
import { headNumbers, type MethodDescription } from "./method.schema.ts";

export const headOnlySchema = z.strictObject({ kind: z.literal("head-only") });

export type HeadOnlySettings = z.infer<typeof headOnlySchema>;

export const headOnly: MethodDescription<typeof headOnlySchema> = {
  kind: "head-only",
  family: "baselines",
  label: "Head only",
  term: "linear probe",
  summary:
    "Trains only a linear classifier on what the frozen model already sees. The baseline every prompt has to beat.",
  source: "Alain & Bengio 2017 (linear probes)",
  schema: headOnlySchema,
  defaults: { learningRate: 0.01, weightDecay: 0 },
  trainedNumbers: (_settings, { width }, classes) => ({ prompt: 0, head: headNumbers(width, classes), model: 0 }),
  promptedLayers: () => [],
};
