/** Registry of method settings: adding a method adds its file and one line here and one in `index.ts`. */
import { z } from "zod";
import { adapters, adaptersSchema } from "./adapters.schema.ts";
import { bitFit, bitFitSchema } from "./bitFit.schema.ts";
import { fullFineTuning, fullFineTuningSchema } from "./fullFineTuning.schema.ts";
import { discretePrompt, discretePromptSchema } from "./discretePrompt.schema.ts";
import { headOnly, headOnlySchema } from "./headOnly.schema.ts";
import { lora, loraSchema } from "./lora.schema.ts";
import { prefixTuning, prefixTuningSchema } from "./prefixTuning.schema.ts";
import { promptTuning, promptTuningSchema } from "./promptTuning.schema.ts";
import { pTuning, pTuningSchema } from "./pTuning.schema.ts";
import { topLayers, topLayersSchema } from "./topLayers.schema.ts";
import type { ModelDimensions } from "../models/dimensions.schema.ts";
import type { MethodDefaults, TrainedNumbers } from "./method.schema.ts";

export const methodSchema = z.discriminatedUnion("kind", [
  prefixTuningSchema,
  promptTuningSchema,
  pTuningSchema,
  discretePromptSchema,
  headOnlySchema,
  bitFitSchema,
  topLayersSchema,
  loraSchema,
  adaptersSchema,
  fullFineTuningSchema,
]);

export type MethodSettings = z.infer<typeof methodSchema>;
export type MethodKind = MethodSettings["kind"];

/** In the order in which the page offers them: prompts first, then baselines from the smallest. */
export const methodDescriptions = {
  "prefix-tuning": prefixTuning,
  "prompt-tuning": promptTuning,
  "p-tuning": pTuning,
  "discrete-prompt": discretePrompt,
  "head-only": headOnly,
  bitfit: bitFit,
  "top-layers": topLayers,
  lora,
  adapters,
  "full-fine-tuning": fullFineTuning,
} as const satisfies Record<MethodKind, { readonly kind: string; readonly defaults: MethodDefaults }>;

export const methodKinds: readonly MethodKind[] = [
  "prefix-tuning",
  "prompt-tuning",
  "p-tuning",
  "discrete-prompt",
  "head-only",
  "bitfit",
  "top-layers",
  "lora",
  "adapters",
  "full-fine-tuning",
];

/** Trained numbers of any method. */
export function trainedNumbersOf(method: MethodSettings, dimensions: ModelDimensions, classes: number): TrainedNumbers {
  switch (method.kind) {
    case "prefix-tuning":
      return prefixTuning.trainedNumbers(method, dimensions, classes);
    case "prompt-tuning":
      return promptTuning.trainedNumbers(method, dimensions, classes);
    case "p-tuning":
      return pTuning.trainedNumbers(method, dimensions, classes);
    case "discrete-prompt":
      return discretePrompt.trainedNumbers(method, dimensions, classes);
    case "head-only":
      return headOnly.trainedNumbers(method, dimensions, classes);
    case "bitfit":
      return bitFit.trainedNumbers(method, dimensions, classes);
    case "top-layers":
      return topLayers.trainedNumbers(method, dimensions, classes);
    case "lora":
      return lora.trainedNumbers(method, dimensions, classes);
    case "adapters":
      return adapters.trainedNumbers(method, dimensions, classes);
    case "full-fine-tuning":
      return fullFineTuning.trainedNumbers(method, dimensions, classes);
    default:
      return method satisfies never;
  }
}

/** Virtual tokens of any method; 0 when it has none. */
export function promptLengthOf(method: MethodSettings): number {
  return "promptLength" in method ? method.promptLength : 0;
}

/** 1-based prompted layers; `[0]` means the input, `[]` no prompt at all. */
export function promptedLayersOf(method: MethodSettings, layers: number): number[] {
  switch (method.kind) {
    case "prefix-tuning":
      return prefixTuning.promptedLayers(method, layers);
    case "prompt-tuning":
      return promptTuning.promptedLayers(method, layers);
    case "p-tuning":
      return pTuning.promptedLayers(method, layers);
    case "discrete-prompt":
    case "head-only":
    case "bitfit":
    case "top-layers":
    case "lora":
    case "adapters":
    case "full-fine-tuning":
      return [];
    default:
      return method satisfies never;
  }
}
