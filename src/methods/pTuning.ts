/**
 * P-Tuning: virtual tokens in front of the word embeddings, produced by a prompt encoder that is trained with them (Liu et
 * al. 2021, section 3.2). Where they stand and what the head reads is as in prompt tuning.
 */
import { SettingsError } from "../lib/errors.ts";
import type { ModelDimensions } from "../models/dimensions.schema.ts";
import type { BoundMethod } from "./method.ts";
import { encodedPrompt, encoderShapes, hostPrompt, initialEncoder } from "./promptEncoder.ts";
import { softPromptLayout, softPromptTerm } from "./softPrompt.ts";
import type { PTuningSettings } from "./pTuning.schema.ts";

/** Throws when the encoder cannot halve the model's width. */
export function bindPTuning(settings: PTuningSettings, { width }: ModelDimensions): BoundMethod {
  const { promptLength: length, dropout, reparameterisation } = settings;
  if (reparameterisation === "thudm-lama-lstm" && width % 2 !== 0) {
    throw new SettingsError(
      `Expected a model of even width for the prompt encoder ${reparameterisation}, whose two directions share it; got ${width}. Choose lstm or thudm-few-shot-lstm.`,
    );
  }
  const tensors = encoderShapes(settings, width);
  return {
    tensors,
    trainsWeight: () => false,
    layout: softPromptLayout(settings),
    promptedLayers: [-1],
    ...(dropout > 0 ? { droppedSlots: length } : {}),
    hooks: (builder, isTraining = false) => ({
      inputPrompt: softPromptTerm(builder, encodedPrompt(builder, settings, tensors), {
        length,
        share: isTraining ? dropout : 0,
      }),
    }),
    initialise: ({ random }) => initialEncoder(settings, tensors, random),
    virtualTokens: (trained) => hostPrompt(settings, width, trained),
  };
}
