/** Settings of P-Tuning: virtual tokens in front of the input that a small network produces while training. */
import { z } from "zod";
import { headNumbers, type MethodDescription } from "./method.schema.ts";
import { placementSchema, poolingSchema, promptDropoutSchema, promptLengthSchema } from "./promptSettings.schema.ts";

export const pTuningSchema = z.strictObject({
  kind: z.literal("p-tuning"),
  promptLength: promptLengthSchema,
  reparameterisation: z
    .enum(["lstm", "mlp", "thudm-lama-lstm", "thudm-few-shot-lstm", "thudm-few-shot-mlp"])
    .default("lstm")
    .meta({
      title: "Prompt encoder",
      description:
        "The network that produces the virtual tokens: PEFT's LSTM or perceptron, or one of THUDM's own, which are as wide as the model.",
    }),
  hiddenSize: z
    .int()
    .min(1)
    .max(2048)
    .default(64)
    .meta({ title: "Network width", description: "Hidden width of PEFT's encoders, of each direction of an LSTM." }),
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

/** A prompt encoder by its sizes: perhaps an LSTM over the embedding, then linear layers with ReLU between them. */
export interface EncoderSizes {
  /** Width of each direction and number of layers; absent for a perceptron. */
  readonly lstm?: { readonly hidden: number; readonly layers: number };
  /** Widths from the input of the first linear layer to the output of the last. */
  readonly widths: readonly number[];
}

/**
 * PEFT 0.21 (`tuners/p_tuning/model.py`) and THUDM/P-tuning disagree: LAMA/p_tuning/prompt_encoder.py halves the model's
 * width for each direction, and PT-Fewshot's wrapper has its full width and one linear layer less in the perceptron.
 */
export function encoderSizes(settings: PTuningSettings, width: number): EncoderSizes {
  const { hiddenSize: hidden, lstmLayers: layers, reparameterisation } = settings;
  switch (reparameterisation) {
    case "lstm":
      return { lstm: { hidden, layers }, widths: [2 * hidden, 2 * hidden, width] };
    case "mlp":
      return { widths: [width, hidden, hidden, width] };
    case "thudm-lama-lstm":
      return { lstm: { hidden: Math.floor(width / 2), layers }, widths: [width, width, width] };
    case "thudm-few-shot-lstm":
      return { lstm: { hidden: width, layers }, widths: [2 * width, width, width] };
    case "thudm-few-shot-mlp":
      return { widths: [width, width, width] };
    default:
      return reparameterisation satisfies never;
  }
}

/** Numbers of the prompt encoder with its embedding. */
function encoderNumbers(settings: PTuningSettings, width: number): number {
  const { lstm, widths } = encoderSizes(settings, width);
  const linear = (inputs: number, outputs: number): number => inputs * outputs + outputs;
  const embedding = settings.promptLength * width;
  const head = widths.slice(1).reduce((sum, outputs, place) => sum + linear(widths[place] ?? 0, outputs), 0);
  if (lstm === undefined) return embedding + head;
  const { hidden, layers } = lstm;
  const direction = (inputs: number): number => linear(inputs, 4 * hidden) + linear(hidden, 4 * hidden);
  return embedding + 2 * (direction(width) + (layers - 1) * direction(2 * hidden)) + head;
}

export const pTuning: MethodDescription<typeof pTuningSchema> = {
  kind: "p-tuning",
  family: "prompts",
  adds: "prompt",
  label: "Encoded prompt",
  term: "P-Tuning",
  summary:
    "Trains virtual tokens through a small network, so that they move together. The network is thrown away afterwards; only its output is kept.",
  source: "Liu et al. 2021 (P-Tuning); networks as in PEFT and in THUDM/P-tuning",
  schema: pTuningSchema,
  defaults: { learningRate: 0.005, weightDecay: 0 },
  trainedNumbers: (settings, { width }, classes) => ({
    prompt: encoderNumbers(settings, width),
    head: headNumbers(width, classes),
    model: 0,
  }),
  promptedLayers: () => [0],
};
