/** The head-only baseline: nothing but the classifier is trained; the frozen model runs as it is. */
import type { BoundMethod } from "./method.ts";

export function bindHeadOnly(): BoundMethod {
  return {
    tensors: [],
    trainsWeight: () => false,
    layout: { promptRows: 0, promptStart: 0, positionOffset: 0, pooledRow: 0 },
    promptedLayers: [],
    hooks: () => ({}),
    initialise: () => new Map(),
    virtualTokens: () => new Float32Array(),
  };
}
