/**
 * GPT-2's byte-level BPE: the definition from vocab.json and merges.txt, texts of its tokens for people, and encoding
 * without special tokens around a text. Merging itself is the tokenizer library's business.
 */
import { z } from "zod";
import type { Encoding, PieceLibrary, Tokenizer } from "./tokenizer.ts";
import { cut } from "./truncation.ts";

/** GPT-2's only special token; it ends a text and starts the next. */
const defaultEnd = "<|endoftext|>";

const part = z.looseObject({ type: z.string() }).nullish();
const plainSchema = z.looseObject({
  pre_tokenizer: z.looseObject({ type: z.literal("ByteLevel") }),
  post_processor: part.refine((value) => value === null || value === undefined || value.type === "ByteLevel"),
});

/** Whether a tokenizer.json is byte-level BPE that puts nothing around a text (GPT-2 does not, RoBERTa does). */
export function isPlainByteLevel(definition: unknown): boolean {
  return plainSchema.safeParse(definition).success;
}

/** What transformers would write as tokenizer.json. Throws when vocab.json is not a map of tokens to ids. */
export function byteLevelDefinition(vocabJson: string, merges: string): object {
  const vocab = z.record(z.string(), z.int()).safeParse(parsed(vocabJson));
  if (!vocab.success) throw new Error("vocab.json: expected a JSON object of tokens and their ids.");
  const end = vocab.data[defaultEnd];
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: true, special: true };
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: true };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: end === undefined ? [] : [{ id: end, content: defaultEnd, ...flags }],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: byteLevel,
    decoder: byteLevel,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      fuse_unk: false,
      byte_fallback: false,
      vocab: vocab.data,
      merges: merges.split(/\r?\n/).filter((line) => line !== "" && !line.startsWith("#version")),
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Texts as they are, one after the other; an empty text is the end-of-text token, as a decoder needs a row to read. */
export function byteLevelTokenizer(library: PieceLibrary, endToken: string = defaultEnd): Tokenizer {
  const endId = library.idOf(endToken);
  const { idsOf } = library;
  const tokenText = (id: number): string => byteText(library.textOf(id) ?? `#${id}`);
  const wrap = (first: readonly number[], second: readonly number[] = [], truncated = false): Encoding => {
    const own = [...first, ...second];
    const ids = Int32Array.from(own.length === 0 && endId !== undefined ? [endId] : own);
    if (ids.length === 0) throw new Error("Expected a text, got an empty one, and this tokenizer has no end-of-text.");
    return { ids, types: new Int32Array(ids.length), truncated };
  };
  return {
    // Every byte has a token, so nothing is unknown.
    unknownId: -1,
    ...(endId === undefined ? {} : { endId }),
    specialIds: new Set(endId === undefined ? [] : [endId]),
    tokenText,
    hasId: (id) => library.textOf(id) !== undefined,
    pieces: (text) => idsOf(text).map((id) => ({ id, text: tokenText(id) })),
    wrap: (first, second) => wrap(first, second),
    encode(text, textPair, maxTokens) {
      const first = idsOf(text);
      const second = textPair === undefined || textPair === "" ? undefined : idsOf(textPair);
      const truncated = cut(first, second, maxTokens);
      return wrap(first, second, truncated);
    },
  };
}

/** GPT-2's letter of each byte: printable ones stand for themselves, the others follow from U+0100 on. */
const byteOfLetter = new Map<string, number>();
for (let byte = 0, shifted = 256; byte < 256; byte++) {
  const printable = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  byteOfLetter.set(String.fromCharCode(printable ? byte : shifted++), byte);
}

/** A token as people read it: its bytes as UTF-8, or as hexadecimal where they are no whole characters. */
function byteText(token: string): string {
  const bytes = Array.from(token, (letter) => byteOfLetter.get(letter));
  if (token === defaultEnd || bytes.includes(undefined)) return token;
  const values = Uint8Array.from(bytes, (byte) => byte ?? 0);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(values);
  } catch {
    return `<${Array.from(values, (byte) => byte.toString(16).padStart(2, "0")).join(" ")}>`;
  }
}
