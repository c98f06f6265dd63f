/**
 * The only file that knows the tokenizer library (@huggingface/tokenizers). Adds what it lacks: special tokens around one
 * text or a pair, truncation, and the pieces by name for the preview.
 */
import { Tokenizer as LibraryTokenizer } from "@huggingface/tokenizers";
import { z } from "zod";
import { byteLevelDefinition, byteLevelTokenizer, isPlainByteLevel } from "./byteLevelBpe.ts";
import { cut } from "./truncation.ts";

/** Token ids of one example with its special tokens, at most `maxTokens` long. */
export interface Encoding {
  readonly ids: Int32Array;
  /** 0 for the first text with its special tokens, 1 for the second. */
  readonly types: Int32Array;
  /** True when tokens were cut off. */
  readonly truncated: boolean;
}

export interface Tokenizer {
  readonly unknownId: number;
  /** Id of [MASK]; absent when the vocabulary has none. */
  readonly maskId?: number;
  /** Id of the token that ends a text in a causal model; absent when the vocabulary has none. */
  readonly endId?: number;
  /** Ids of special tokens, for the preview. */
  readonly specialIds: ReadonlySet<number>;
  /**
   * [CLS] text [SEP] or [CLS] text [SEP] pair [SEP]; an empty pair is no pair. When too long, tokens are cut from the end
   * of the longer text first, as transformers' `longest_first` does. Byte-level BPE puts nothing around and between texts.
   */
  encode(text: string, textPair: string | undefined, maxTokens: number): Encoding;
  /** [CLS] first [SEP] or [CLS] first [SEP] second [SEP] of ids that are short enough already. */
  wrap(first: readonly number[], second?: readonly number[]): Encoding;
  /** Pieces without special tokens. */
  pieces(text: string): { readonly id: number; readonly text: string }[];
  tokenText(id: number): string;
  /** Whether the vocabulary reaches up to this id. */
  hasId(id: number): boolean;
}

const configSchema = z.looseObject({ do_lower_case: z.boolean().optional() });

/** What a tokenizer library has to offer; special tokens and truncation are added here. */
export interface PieceLibrary {
  /** Ids of the pieces without special tokens. */
  idsOf(text: string): number[];
  idOf(token: string): number | undefined;
  textOf(id: number): string | undefined;
}

/** Texts of the tokenizer's files. */
export interface TokenizerFiles {
  readonly tokenizerJson?: string;
  readonly configJson?: string;
  /** vocab.txt of WordPiece. */
  readonly vocabulary?: string;
  /** vocab.json and merges.txt of byte-level BPE. */
  readonly vocabularyJson?: string;
  readonly merges?: string;
}

const modelTypeSchema = z.looseObject({ model: z.looseObject({ type: z.string().optional() }) });

/** As `createTokenizer`, and for tokenizers of other kinds through transformers.js, which is loaded then. */
export async function openTokenizer(files: TokenizerFiles): Promise<Tokenizer> {
  const definition = files.tokenizerJson === undefined ? undefined : parseJson(files.tokenizerJson, "tokenizer.json");
  const parsed = modelTypeSchema.safeParse(definition);
  const type = parsed.success ? parsed.data.model.type : undefined;
  const known = type === undefined || type === "WordPiece" || isPlainByteLevel(definition);
  if (definition === undefined || known) return createTokenizer(files);
  const { openPieceLibrary } = await import("../interop/transformers.ts");
  const config = parseJson(files.configJson ?? "{}", "tokenizer_config.json");
  return adapt(await openPieceLibrary(definition, config), specialNames(config));
}

/**
 * From the texts of `tokenizer.json`, of `vocab.json` and `merges.txt` (byte-level BPE), or of `vocab.txt` alone (lower-cased
 * WordPiece).
 */
export function createTokenizer(files: TokenizerFiles): Tokenizer {
  const config = parseJson(files.configJson ?? "{}", "tokenizer_config.json");
  const definition = definitionOf(files, configSchema.parse(config).do_lower_case ?? true);
  const library = new LibraryTokenizer(definition, config);
  const byteLevel = isPlainByteLevel(definition);
  const lowercase = lowercaseSchema.safeParse(definition).success;
  const prepared = (text: string): string => (byteLevel ? text : asInRust(text, lowercase));
  const pieces: PieceLibrary = {
    idsOf: (text) => library.encode(prepared(text), { add_special_tokens: false }).ids.map(Number),
    idOf: (token) => library.token_to_id(token),
    textOf: (id) => library.id_to_token(id),
  };
  return byteLevel ? byteLevelTokenizer(pieces, endName(config)) : adapt(pieces, specialNames(config));
}

function definitionOf(
  { tokenizerJson, vocabularyJson, merges, vocabulary }: TokenizerFiles,
  lowercase: boolean,
): object {
  if (tokenizerJson !== undefined) return parseJson(tokenizerJson, "tokenizer.json");
  if (vocabularyJson !== undefined && merges !== undefined) return byteLevelDefinition(vocabularyJson, merges);
  return wordPieceDefinition(vocabulary, lowercase);
}

/** Name of the end-of-text token in tokenizer_config.json. */
function endName(config: object): string | undefined {
  const parsed = tokenNameSchema.safeParse("eos_token" in config ? config.eos_token : undefined);
  return parsed.success ? parsed.data : undefined;
}

type SpecialName = "cls" | "sep" | "unk" | "pad" | "mask";

const tokenNameSchema = z.union([
  z.string(),
  z.looseObject({ content: z.string() }).transform(({ content }) => content),
]);

/** Names of the special tokens in tokenizer_config.json; BERT's own where it is silent. */
function specialNames(config: object): Record<SpecialName, string> {
  const entries: Readonly<Record<string, unknown>> = { ...config };
  const name = (key: SpecialName): string => {
    const parsed = tokenNameSchema.safeParse(entries[`${key}_token`]);
    return parsed.success ? parsed.data : `[${key.toUpperCase()}]`;
  };
  return { cls: name("cls"), sep: name("sep"), unk: name("unk"), pad: name("pad"), mask: name("mask") };
}

function adapt(library: PieceLibrary, names: Record<SpecialName, string>): Tokenizer {
  const special = (name: SpecialName): number => {
    const id = library.idOf(names[name]);
    if (id === undefined) throw new Error(`The tokenizer has no token ${names[name]}; expected a BERT vocabulary.`);
    return id;
  };
  const [cls, sep, unknownId, pad] = [special("cls"), special("sep"), special("unk"), special("pad")];
  const { idsOf } = library;
  const textOf = (id: number): string => library.textOf(id) ?? `#${id}`;
  const maskId = library.idOf(names.mask);
  const wrap = (first: readonly number[], second?: readonly number[], truncated = false): Encoding => {
    const head = [cls, ...first, sep];
    const tail = second === undefined ? [] : [...second, sep];
    const types = [...head.map(() => 0), ...tail.map(() => 1)];
    return { ids: Int32Array.from([...head, ...tail]), types: Int32Array.from(types), truncated };
  };
  return {
    unknownId,
    ...(maskId === undefined ? {} : { maskId }),
    wrap: (first, second) => wrap(first, second),
    specialIds: new Set([cls, sep, pad]),
    tokenText: textOf,
    hasId: (id) => library.textOf(id) !== undefined,
    pieces: (text) => idsOf(text).map((id) => ({ id, text: textOf(id) })),
    encode(text, textPair, maxTokens) {
      const first = idsOf(text);
      // An empty second text is no second text, as in transformers when it is called with one pair.
      const second = textPair === undefined || textPair === "" ? undefined : idsOf(textPair);
      const truncated = cut(first, second, maxTokens - (second === undefined ? 2 : 3));
      return wrap(first, second, truncated);
    },
  };
}

/** Ideographs beyond U+FFFF that BERT's normalizer makes words of their own (tokenizers/src/normalizers/bert.rs). */
const supplementaryIdeograph =
  /[\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;

const lowercaseSchema = z.looseObject({ normalizer: z.looseObject({ lowercase: z.literal(true) }) });

/**
 * Does beforehand what the library does otherwise than the Rust tokenizers: it puts spaces around ideographs only below
 * U+10000, and JavaScript lower-cases a sigma at the end of a word to its final form.
 */
function asInRust(text: string, lowercase: boolean): string {
  const separated = text.replace(supplementaryIdeograph, " $& ");
  return lowercase ? separated.replaceAll("Σ", "σ") : separated;
}

function parseJson(text: string, fileName: string): object {
  try {
    return z.looseObject({}).parse(JSON.parse(text));
  } catch {
    throw new Error(`${fileName} is not a JSON object.`);
  }
}

/** What transformers would write as tokenizer.json for a BERT vocabulary. */
function wordPieceDefinition(vocabulary: string | undefined, lowercase: boolean): object {
  if (vocabulary === undefined)
    throw new Error(
      "Expected tokenizer.json or vocab.txt beside the model, or vocab.json with merges.txt; found none.",
    );
  const words = vocabulary.replace(/\r/g, "").replace(/\n$/, "").split("\n");
  const added = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].filter((token) => words.includes(token));
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: added.map((content) => ({
      id: words.indexOf(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: null,
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(words.map((word, id) => [word, id])),
    },
  };
}
