/** Registry of methods: adding one adds its file, a line here and one in `index.schema.ts`. */
import type { ModelDimensions } from "../models/dimensions.schema.ts";
import { bindFullFineTuning } from "./fullFineTuning.ts";
import { bindHeadOnly } from "./headOnly.ts";
import type { MethodSettings } from "./index.schema.ts";
import type { BoundMethod } from "./method.ts";
import { bindPrefixTuning } from "./prefixTuning.ts";
import { bindPromptTuning } from "./promptTuning.ts";

/** The method's behaviour for a model of these sizes. Throws when settings and model do not fit. */
export function bindMethod(settings: MethodSettings, dimensions: ModelDimensions): BoundMethod {
  switch (settings.kind) {
    case "prefix-tuning":
      return bindPrefixTuning(settings, dimensions);
    case "prompt-tuning":
      return bindPromptTuning(settings, dimensions);
    case "head-only":
      return bindHeadOnly();
    case "full-fine-tuning":
      return bindFullFineTuning();
    default:
      return settings satisfies never;
  }
}
