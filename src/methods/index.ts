/** Registry of methods: adding one adds its file, a line here and one in `index.schema.ts`. */
import type { ModelDimensions } from "../models/dimensions.schema.ts";
import { bindAdapters } from "./adapters.ts";
import { bindBitFit } from "./bitFit.ts";
import { bindFullFineTuning } from "./fullFineTuning.ts";
import { bindHeadOnly } from "./headOnly.ts";
import type { MethodKind, MethodSettings, SettingsOf } from "./index.schema.ts";
import { bindLora } from "./lora.ts";
import type { BoundMethod } from "./method.ts";
import { bindPrefixTuning } from "./prefixTuning.ts";
import { bindPromptTuning } from "./promptTuning.ts";
import { bindPTuning } from "./pTuning.ts";
import { bindTopLayers } from "./topLayers.ts";

type Bind<Settings> = (settings: Settings, dimensions: ModelDimensions) => BoundMethod;

const binds: { readonly [Kind in MethodKind]: Bind<SettingsOf<Kind>> } = {
  "prefix-tuning": bindPrefixTuning,
  "prompt-tuning": bindPromptTuning,
  "p-tuning": bindPTuning,
  // Nothing is added and nothing chosen: what the head trains, if anything, is the task's affair.
  "discrete-prompt": bindHeadOnly,
  "head-only": bindHeadOnly,
  bitfit: bindBitFit,
  "top-layers": bindTopLayers,
  lora: bindLora,
  adapters: bindAdapters,
  "full-fine-tuning": bindFullFineTuning,
};

/** The method's behaviour for a model of these sizes. Throws when settings and model do not fit. */
export function bindMethod(method: MethodSettings, dimensions: ModelDimensions): BoundMethod {
  const bind = <Kind extends MethodKind>(kind: Kind, settings: SettingsOf<Kind>): BoundMethod =>
    binds[kind](settings, dimensions);
  return bind(method.kind, method);
}
