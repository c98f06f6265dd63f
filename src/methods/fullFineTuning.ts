/** Full fine-tuning: all weights of the model are members of a trained group; otherwise like the head-only baseline. */
import { bindHeadOnly } from "./headOnly.ts";
import type { BoundMethod } from "./method.ts";

export function bindFullFineTuning(): BoundMethod {
  return { ...bindHeadOnly(), trainsWeight: () => true };
}
