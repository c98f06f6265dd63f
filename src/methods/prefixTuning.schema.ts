/** Settings of deep prompts: trained keys and values in front of the attention of chosen layers. */
import { z } from "zod";
import { layerChoiceSchema, layersOf } from "./layerChoice.schema.ts";
import { headNumbers, type MethodDescription } from "./method.schema.ts";
import {
  initialScaleSchema,
  initialTextSchema,
  promptDropoutSchema,
  promptLengthSchema,
} from "./promptSettings.schema.ts";

export const prefixTuningSchema = z.strictObject({
  kind: z.literal("prefix-tuning"),
  promptLength: promptLengthSchema,
  layers: layerChoiceSchema
    .default("all")
    .meta({ title: "Prompted layers", description: "Layers that carry a prompt, counted from 1 at the bottom." }),
  initialisation: z.enum(["normal", "zero", "text"]).default("normal").meta({
    title: "Start from",
    description: "Normal random numbers, zeros, or what the frozen model's attention makes of a text.",
  }),
  initialScale: initialScaleSchema.default(0.02),
  initialText: initialTextSchema,
  reparameterisation: z
    .enum(["none", "mlp"])
    .default("none")
    .meta({ title: "Reparameterisation", description: "A small network that produces the prompt while training." }),
  hiddenSize: z
    .int()
    .min(1)
    .max(2048)
    .default(128)
    .meta({ title: "Network width", description: "Hidden width of the reparameterisation network." }),
  dropout: promptDropoutSchema,
});

export type PrefixTuningSettings = z.infer<typeof prefixTuningSchema>;

/** 1-based prompted layers of a model with so many, in ascending order. */
export function chosenLayers(settings: PrefixTuningSettings, layers: number): number[] {
  return layersOf(settings.layers, layers);
}

export const prefixTuning: MethodDescription<typeof prefixTuningSchema> = {
  kind: "prefix-tuning",
  family: "prompts",
  adds: "prompt",
  label: "Deep prompt",
  term: "prefix tuning · P-Tuning v2",
  summary:
    "Trains keys and values that every prompted layer attends to before it looks at the text. The model itself stays frozen; each layer can be steered separately.",
  source: "Li & Liang 2021 (prefix tuning); Liu et al. 2022 (P-Tuning v2)",
  schema: prefixTuningSchema,
  defaults: { learningRate: 0.02, weightDecay: 0 },
  trainedNumbers(settings, { layers, width }, classes) {
    const { promptLength, hiddenSize, reparameterisation } = settings;
    const columns = 2 * width * chosenLayers(settings, layers).length;
    const network = promptLength * width + (width + 1) * hiddenSize + (hiddenSize + 1) * columns;
    const prompt = reparameterisation === "mlp" ? network : promptLength * columns;
    return { prompt, head: headNumbers(width, classes), model: 0 };
  },
  promptedLayers: chosenLayers,
};
