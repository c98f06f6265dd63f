/**
 * P-Tuning: virtual tokens in front of the word embeddings, produced by a prompt encoder that is trained with them (Liu et
 * al. 2021, section 3.2). Where they stand and what the head reads is as in prompt tuning.
 */
import type { ModelDimensions } from "../models/dimensions.schema.ts";
import { spaces } from "../models/packing.ts";
import type { BoundMethod } from "./method.ts";
import { encodedPrompt, encoderShapes, hostPrompt, initialEncoder } from "./promptEncoder.ts";
import { softPromptLayout } from "./softPrompt.ts";
import type { PTuningSettings } from "./pTuning.schema.ts";

export function bindPTuning(settings: PTuningSettings, { width }: ModelDimensions): BoundMethod {
  const tensors = encoderShapes(settings, width);
  return {
    tensors,
    trainsWeight: () => false,
    layout: softPromptLayout(settings),
    promptedLayers: [-1],
    hooks: (builder) => ({
      inputPrompt: {
        table: encodedPrompt(builder, settings, tensors),
        index: builder.index(`${spaces.tokens}.slot`, builder.rowSpace(spaces.tokens)),
      },
    }),
    initialise: ({ random }) => initialEncoder(settings, tensors, random),
    virtualTokens: (trained) => hostPrompt(settings, width, trained),
  };
}
