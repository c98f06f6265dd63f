/** BitFit: the model's biases are members of a trained group; otherwise like the head-only baseline. */
import { trainsBias, type BitFitSettings } from "./bitFit.schema.ts";
import { bindHeadOnly } from "./headOnly.ts";
import type { BoundMethod } from "./method.ts";

export function bindBitFit(settings: BitFitSettings): BoundMethod {
  return { ...bindHeadOnly(), trainsWeight: (place) => trainsBias(settings, place) };
}
