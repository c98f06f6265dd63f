/** Settings of BitFit: nothing but biases of the model is trained. */
import { z } from "zod";
import type { WeightPlace } from "../models/weightPlace.schema.ts";
import { headNumbers, modelNumbers, type MethodDescription } from "./method.schema.ts";

export const bitFitSchema = z.strictObject({
  kind: z.literal("bitfit"),
  biases: z.enum(["all", "query-and-intermediate"]).default("all").meta({
    title: "Biases",
    description: "All of them, or only those of queries and of the first feed-forward layer, half as many.",
  }),
});

export type BitFitSettings = z.infer<typeof bitFitSchema>;

/** Layer norms have biases too. The small choice is b_q and b_m2 (Ben Zaken et al. 2022, section 4). */
export function trainsBias({ biases }: BitFitSettings, { bias, role }: WeightPlace): boolean {
  return bias && (biases === "all" || role === "query" || role === "intermediate");
}

export const bitFit: MethodDescription<typeof bitFitSchema> = {
  kind: "bitfit",
  family: "baselines",
  label: "Biases only",
  term: "BitFit",
  summary:
    "Trains the model's biases and nothing else of it: about a thousandth of its numbers, spread over every layer.",
  source: "Ben Zaken et al. 2022 (BitFit)",
  schema: bitFitSchema,
  defaults: { learningRate: 0.01, weightDecay: 0 },
  trainedNumbers: (settings, dimensions, classes) => ({
    prompt: 0,
    head: headNumbers(dimensions.width, classes),
    model: modelNumbers(dimensions, (place) => trainsBias(settings, place)),
  }),
  promptedLayers: () => [],
};
