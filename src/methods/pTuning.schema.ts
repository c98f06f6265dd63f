/** Settings of P-Tuning: virtual tokens in front of the input that a small network produces while training. */
import { z } from "zod";
import { headNumbers, type MethodDescription } from "./method.schema.ts";
import { placementSchema, poolingSchema, promptDropoutSchema, promptLengthSchema } from "./promptSettings.schema.ts";

export const pTuningSchema = z.strictObject({
  kind: z.literal("p-tuning"),
  promptLength: promptLengthSchema,
  reparameterisation: z
    .enum(["lstm", "mlp"])
    .default("lstm")
    .meta({ title: "Prompt encoder", description: "The network that produces the virtual tokens from an embedding." }),
  hiddenSize: z
    .int()
    .min(1)
    .max(2048)
    .default(64)
    .meta({ title: "Network width", description: "Hidden width of the prompt encoder, of each direction of an LSTM." }),
  lstmLayers: z
    .int()
    .min(1)
    .max(4)
    .default(2)
    .meta({ title: "LSTM layers", description: "Layers of the LSTM, each in two directions." }),
  placement: placementSchema,
  pooling: poolingSchema,
  dropout: promptDropoutSchema,
});

export type PTuningSettings = z.infer<typeof pTuningSchema>;

/** Numbers of the prompt encoder with its embedding. */
function encoderNumbers(settings: PTuningSettings, width: number): number {
  const { promptLength, hiddenSize: hidden, lstmLayers, reparameterisation } = settings;
  const linear = (inputs: number, outputs: number): number => inputs * outputs + outputs;
  const embedding = promptLength * width;
  if (reparameterisation === "mlp") {
    return embedding + linear(width, hidden) + linear(hidden, hidden) + linear(hidden, width);
  }
  const direction = (inputs: number): number => linear(inputs, 4 * hidden) + linear(hidden, 4 * hidden);
  const lstm = 2 * (direction(width) + (lstmLayers - 1) * direction(2 * hidden));
  return embedding + lstm + linear(2 * hidden, 2 * hidden) + linear(2 * hidden, width);
}

export const pTuning: MethodDescription<typeof pTuningSchema> = {
  kind: "p-tuning",
  family: "prompts",
  adds: "prompt",
  label: "Encoded prompt",
  term: "P-Tuning",
  summary:
    "Trains virtual tokens through a small network, so that they move together. The network is thrown away afterwards; only its output is kept.",
  source: "Liu et al. 2021 (P-Tuning); network as in PEFT",
  schema: pTuningSchema,
  defaults: { learningRate: 0.005, weightDecay: 0 },
  trainedNumbers: (settings, { width }, classes) => ({
    prompt: encoderNumbers(settings, width),
    head: headNumbers(width, classes),
    model: 0,
  }),
  promptedLayers: () => [0],
};
