/** The words of a vocabulary that a row of logits favours. */
import type { Tokenizer } from "../models/tokenizer.ts";
import { softmax } from "./metrics/classification.ts";
import type { WordShare } from "./task.ts";

/** How many words are named. */
const shown = 8;

/** The most probable words of logits [V], most probable first. */
export function likeliestWords(logits: Float32Array, tokenizer: Tokenizer): WordShare[] {
  const shares = softmax(logits).map((probability, id) => ({ id, probability }));
  const best = shares.toSorted((a, b) => b.probability - a.probability).slice(0, shown);
  return best.map(({ id, probability }) => ({ word: tokenizer.tokenText(id), probability }));
}
