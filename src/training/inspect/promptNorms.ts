/** How long a deep prompt's keys and values are in each layer. They are no word embeddings, so no words lie near them. */
import type { BoundMethod, TrainedValues } from "../../methods/method.ts";
import { norm } from "./wordRanking.ts";

export interface LayerNorms {
  /** From 1 at the bottom. */
  readonly layer: number;
  /** Euclidean norm of each slot's key and value over all heads. */
  readonly keys: readonly number[];
  readonly values: readonly number[];
}

/** One entry per prompted layer, bottom first. */
export function promptNorms(method: BoundMethod, trained: TrainedValues, slots: number): LayerNorms[] {
  const rows = method.virtualTokens(trained);
  const columns = rows.length / slots;
  const width = columns / method.promptedLayers.length / 2;
  return method.promptedLayers.map((layer, place) => {
    const norms = (part: number): number[] =>
      Array.from({ length: slots }, (_, slot) => {
        const start = slot * columns + (2 * place + part) * width;
        return norm(rows.subarray(start, start + width));
      });
    return { layer: layer + 1, keys: norms(0), values: norms(1) };
  });
}
