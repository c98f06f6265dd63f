/** Settings of bottleneck adapters: small networks behind the blocks of every layer. */
import { z } from "zod";
import type { WeightPlace } from "../models/weightPlace.schema.ts";
import { headNumbers, modelNumbers, type MethodDescription } from "./method.schema.ts";

export const adaptersSchema = z.strictObject({
  kind: z.literal("adapters"),
  placement: z.enum(["houlsby", "pfeiffer"]).default("houlsby").meta({
    title: "Placement",
    description: "Houlsby: behind attention and behind feed-forward. Pfeiffer: behind feed-forward only.",
  }),
  bottleneck: z
    .int()
    .min(1)
    .max(1024)
    .default(16)
    .meta({ title: "Bottleneck", description: "Inner width of every adapter." }),
  activation: z
    .enum(["gelu", "relu", "tanh"])
    .default("gelu")
    .meta({ title: "Non-linearity", description: "Between the two layers of an adapter." }),
  initialScale: z.number().min(0).max(1).default(0.01).meta({
    title: "Initial scale",
    description: "Standard deviation of the random start; small is near the identity.",
  }),
  layerNorms: z
    .enum(["frozen", "trained"])
    .default("frozen")
    .meta({ title: "Layer norms", description: "Houlsby et al. train the layer norms of the model as well." }),
});

export type AdaptersSettings = z.infer<typeof adaptersSchema>;

/** Layer norms inside the layers; the one of the embeddings stays. */
export function trainsLayerNorm({ layerNorms }: AdaptersSettings, { layer, norm }: WeightPlace): boolean {
  return layerNorms === "trained" && norm && typeof layer === "number";
}

export const adapters: MethodDescription<typeof adaptersSchema> = {
  kind: "adapters",
  family: "baselines",
  adds: "adapters",
  label: "Adapters",
  term: "bottleneck adapters",
  summary:
    "Trains small networks behind the blocks of every layer: narrow, non-linear, and added to what they read. They start as nearly nothing.",
  source: "Houlsby et al. 2019 (adapters); Pfeiffer et al. 2021 (AdapterFusion)",
  schema: adaptersSchema,
  defaults: { learningRate: 0.003, weightDecay: 0 },
  trainedNumbers(settings, dimensions, classes) {
    const { width, layers } = dimensions;
    const { bottleneck, placement } = settings;
    const one = bottleneck * width + bottleneck + width * bottleneck + width;
    return {
      prompt: layers * (placement === "houlsby" ? 2 : 1) * one,
      head: headNumbers(width, classes),
      model: modelNumbers(dimensions, (place) => trainsLayerNorm(settings, place)),
    };
  },
  promptedLayers: () => [],
};
