/** Settings of partial fine-tuning: the top layers of the model are trained, the rest stays frozen. */
import { z } from "zod";
import type { WeightPlace } from "../models/weightPlace.schema.ts";
import { headNumbers, modelNumbers, type MethodDescription } from "./method.schema.ts";

export const topLayersSchema = z.strictObject({
  kind: z.literal("top-layers"),
  topLayers: z
    .int()
    .min(1)
    .max(128)
    .default(1)
    .meta({ title: "Trained layers", description: "How many layers are trained, counted from the top." }),
});

export type TopLayersSettings = z.infer<typeof topLayersSchema>;

/** The top layers and what stands between them and the head, such as the pooler. */
export function trainsTopLayer({ topLayers }: TopLayersSettings, { layer }: WeightPlace, layers: number): boolean {
  return layer === "above" || (typeof layer === "number" && layer >= layers - topLayers);
}

export const topLayers: MethodDescription<typeof topLayersSchema> = {
  kind: "top-layers",
  family: "baselines",
  label: "Top layers",
  term: "partial fine-tuning",
  summary:
    "Trains the top layers of the model with its pooler; the layers below stay frozen and cost no backward pass.",
  source: "Li & Liang 2021 (FT-Top2); Howard & Ruder 2018",
  schema: topLayersSchema,
  defaults: { learningRate: 0.001, weightDecay: 0.01 },
  trainedNumbers: (settings, dimensions, classes) => ({
    prompt: 0,
    head: headNumbers(dimensions.width, classes),
    model: modelNumbers(dimensions, (place) => trainsTopLayer(settings, place, dimensions.layers)),
  }),
  promptedLayers: () => [],
};
