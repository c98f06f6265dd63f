/** Registry of method settings: adding a method adds its file and one line here and one in `index.ts`. */
import { z } from "zod";
import { fullFineTuning, fullFineTuningSchema } from "./fullFineTuning.schema.ts";
import { headOnly, headOnlySchema } from "./headOnly.schema.ts";
import { prefixTuning, prefixTuningSchema } from "./prefixTuning.schema.ts";
import { promptTuning, promptTuningSchema } from "./promptTuning.schema.ts";
import type { ModelDimensions } from "../models/dimensions.schema.ts";
import type { MethodDefaults, TrainedNumbers } from "./method.schema.ts";

export const methodSchema = z.discriminatedUnion("kind", [
  prefixTuningSchema,
  promptTuningSchema,
  headOnlySchema,
  fullFineTuningSchema,
]);

export type MethodSettings = z.infer<typeof methodSchema>;
export type MethodKind = MethodSettings["kind"];

/** In the order in which the page offers them. */
export const methodDescriptions = {
  "prefix-tuning": prefixTuning,
  "prompt-tuning": promptTuning,
  "head-only": headOnly,
  "full-fine-tuning": fullFineTuning,
} as const satisfies Record<MethodKind, { readonly kind: string; readonly defaults: MethodDefaults }>;

export const methodKinds: readonly MethodKind[] = ["prefix-tuning", "prompt-tuning", "head-only", "full-fine-tuning"];

/** Trained numbers of any method. */
export function trainedNumbersOf(method: MethodSettings, dimensions: ModelDimensions, classes: number): TrainedNumbers {
  switch (method.kind) {
    case "prefix-tuning":
      return prefixTuning.trainedNumbers(method, dimensions, classes);
    case "prompt-tuning":
      return promptTuning.trainedNumbers(method, dimensions, classes);
    case "head-only":
      return headOnly.trainedNumbers(method, dimensions, classes);
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
    case "head-only":
    case "full-fine-tuning":
      return [];
    default:
      return method satisfies never;
  }
}
