/** Neighbouring words that one BIO span holds, as one group; words without a span stand alone. Pure. */
import type { TaggedWord } from "../../worker/protocol.ts";

export interface TagGroup {
  readonly words: readonly string[];
  /** Undefined outside of spans. */
  readonly type: string | undefined;
  /** The least certain of its words. */
  readonly probability: number | undefined;
}

/** As seqeval's lenient reading: an I- tag that continues nothing opens a span. Tags of other kinds mark single words. */
export function tagGroups(words: readonly TaggedWord[]): TagGroup[] {
  const groups: TagGroup[] = [];
  for (const { word, tag, probability } of words) {
    const type = typeOf(tag);
    const last = groups.at(-1);
    if (last !== undefined && tag.startsWith("I-") && last.type === type) {
      groups[groups.length - 1] = { ...last, words: [...last.words, word], probability: least(last, probability) };
    } else groups.push({ words: [word], type, probability });
  }
  return groups;
}

/** "B-LOC" and "I-LOC" → "LOC"; "O" and nothing → undefined. */
export function typeOf(tag: string): string | undefined {
  return tag === "O" || tag === "" ? undefined : tag.replace(/^[BI]-/, "");
}

/** Kinds of span that labels name, sorted: their places decide their colours. */
export function tagTypes(labels: readonly string[]): string[] {
  return [...new Set(labels.flatMap((label) => typeOf(label) ?? []))].toSorted();
}

function least({ probability }: TagGroup, other: number | undefined): number | undefined {
  if (probability === undefined || other === undefined) return probability ?? other;
  return Math.min(probability, other);
}
