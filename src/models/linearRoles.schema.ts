/** The linear layers inside one transformer layer, by the part they play, and their sizes. Names of weights are not here. */
import type { ModelDimensions } from "./dimensions.schema.ts";

/**
 * In BERT's words: `output` of the attention mixes the heads, `intermediate` widens to F, the last `output` narrows to D.
 * `query-key-value` is one layer that makes all three, as in GPT-2, where the three are not layers of their own.
 */
export const linearRoles = [
  "query-key-value",
  "query",
  "key",
  "value",
  "attention-output",
  "intermediate",
  "output",
] as const;
export type LinearRole = (typeof linearRoles)[number];

/** Widths of a linear layer's input and output. */
export function linearSizes(
  role: LinearRole,
  { width, feedForward }: ModelDimensions,
): { inputs: number; outputs: number } {
  if (role === "query-key-value") return { inputs: width, outputs: 3 * width };
  if (role === "intermediate") return { inputs: width, outputs: feedForward };
  if (role === "output") return { inputs: feedForward, outputs: width };
  return { inputs: width, outputs: width };
}
