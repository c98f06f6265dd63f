/**
 * A text as words and single punctuation marks with their places, cut where BERT's pre-tokenizer cuts (white space,
 * punctuation, ideographs), so that tokenizing them one by one gives the same pieces as tokenizing the text.
 */

export interface TextUnit {
  readonly text: string;
  /** UTF-16 units of the text, end exclusive. */
  readonly start: number;
  readonly end: number;
}

/** One ideograph or punctuation mark ($+<=>^`|~ are none to Unicode, but to BERT), or a run of anything else but space. */
const unit = /[\p{P}$+<=>^`|~\p{sc=Han}]|[^\p{P}$+<=>^`|~\p{sc=Han}\s\p{Z}]+/gu;

/** In the order of the text; white space belongs to none. */
export function textUnits(text: string): TextUnit[] {
  return [...text.matchAll(unit)].map(({ 0: found, index }) => ({
    text: found,
    start: index,
    end: index + found.length,
  }));
}
