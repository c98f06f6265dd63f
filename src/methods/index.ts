/** Registry of methods: adding one adds its file, a line here and one in `index.schema.ts`. */
import type { ModelDimensions } from "../models/dimensions.schema.ts";
import { bindAdapters } from "./adapters.ts";
import { bindBitFit } from "./bitFit.ts";
import { bindFullFineTuning } from "./fullFineTuning.ts";
import { bindHeadOnly } from "./headOnly.ts";
import type { MethodSettings } from "./index.schema.ts";
import { bindLora } from "./lora.ts";
import type { BoundMethod } from "./method.ts";
import { bindPrefixTuning } from "./prefixTuning.ts";
import { bindPromptTuning } from "./promptTuning.ts";
import { bindPTuning } from "./pTuning.ts";
import { bindTopLayers } from "./topLayers.ts";

/** The method's behaviour for a model of these sizes. Throws when settings and model do not fit. */
export function bindMethod(settings: MethodSettings, dimensions: ModelDimensions): BoundMethod {
  switch (settings.kind) {
    case "prefix-tuning":
      return bindPrefixTuning(settings, dimensions);
    case "prompt-tuning":
      return bindPromptTuning(settings, dimensions);
    case "p-tuning":
      return bindPTuning(settings, dimensions);
    // Nothing is added and nothing chosen: what the head trains, if anything, is the task's affair.
    case "discrete-prompt":
    case "head-only":
      return bindHeadOnly();
    case "bitfit":
      return bindBitFit(settings);
    case "top-layers":
      return bindTopLayers(settings, dimensions);
    case "lora":
      return bindLora(settings, dimensions);
    case "adapters":
      return bindAdapters(settings, dimensions);
    case "full-fine-tuning":
      return bindFullFineTuning();
    default:
      return settings satisfies never;
  }
}
