/** Token ids against transformers' own, special tokens, pairs and truncation included. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createTokenizer, openTokenizer, type Tokenizer } from "../../../src/models/tokenizer.ts";
import { fixtureModel, readJson, readModelFiles, type FixtureModel } from "../../parity/models.ts";

const caseSchema = z.object({
  text: z.string(),
  textPair: z.string().nullable(),
  maxLength: z.int().nullable(),
  ids: z.array(z.int()),
  types: z.array(z.int()),
  tokens: z.array(z.string()),
});
const { cases } = z.object({ cases: z.array(caseSchema) }).parse(readJson("tokenizer.json"));
const { tokenizer } = await fixtureModel("encoder-l4-d128");
const tiny = (await fixtureModel("tiny-bert")).tokenizer;

function encoded(source: Tokenizer, { text, textPair, maxLength }: z.infer<typeof caseSchema>): [number[], number[]] {
  const { ids, types } = source.encode(text, textPair ?? undefined, maxLength ?? 512);
  return [[...ids], [...types]];
}

/** A tokenizer from vocab.txt alone. */
function fromVocabulary(model: FixtureModel, configJson?: string): Tokenizer {
  const vocabulary = new TextDecoder().decode(readModelFiles(model).get("vocab.txt"));
  return createTokenizer({ vocabulary, ...(configJson === undefined ? {} : { configJson }) });
}

describe("the built-in vocabulary", () => {
  const plain = fromVocabulary("encoder-l4-d128");

  it.each(cases)("gives transformers' ids and types of $text / $textPair within $maxLength tokens", (example) => {
    expect(encoded(tokenizer, example)).toEqual([example.ids, example.types]);
  });

  it.each(cases)("names the tokens of $text / $textPair as transformers does", ({ ids, tokens }) => {
    expect(ids.map((id) => tokenizer.tokenText(id))).toEqual(tokens);
  });

  // Only tokenizer.json can say that a word like [unused0] is whole; from vocab.txt transformers splits it as well.
  it.each(cases.filter(({ text }) => !text.includes("[unused")))(
    "gives the same ids and types of $text / $textPair from vocab.txt alone",
    (example) => {
      expect(encoded(plain, example)).toEqual([example.ids, example.types]);
    },
  );
});

// from tokenizers import Tokenizer
// Tokenizer.from_file("tokenizer.json").encode(text, add_special_tokens=False).ids
it.each([
  ["capital sigma at the end of a word", "ΟΔΟΣ καλή ΣΑΣ", [131, 308, 292, 307, 127, 290, 295, 306, 135, 290, 307]],
  ["ideographs beyond U+FFFF side by side", "𠀀𠮷 x", [1, 1, 93]],
])("gives the Rust tokenizer's ids of %s", (_text, text, ids) => {
  expect(tokenizer.pieces(text).map(({ id }) => id)).toEqual(ids);
});

describe("truncation", () => {
  const seven = "film movie story plot scene actor music";
  const nine = "good bad great poor fine dull warm cold long";

  // Kept tokens of each text, from transformers 5.18.0 with truncation="longest_first" on tiny-bert's tokenizer:
  //   ids = tokenizer(text, pair, truncation="longest_first", max_length=n)["input_ids"]; k = ids.index(3)
  //   print(k - 1, len(ids) - k - 2)
  it.each([
    [seven, nine, 5, 1, 1],
    [seven, nine, 6, 1, 2],
    [seven, nine, 11, 4, 4],
    [seven, nine, 12, 4, 5],
    [seven, nine, 14, 5, 6],
    [nine, seven, 8, 3, 2],
    [nine, seven, 14, 6, 5],
    [seven, seven, 8, 2, 3],
    [seven, seven, 14, 5, 6],
    ["film movie", nine, 9, 2, 4],
    ["film movie", nine, 6, 1, 2],
    [nine, "film movie", 9, 4, 2],
    [nine, "film movie", 6, 2, 1],
  ])("of %j and %j to %i tokens keeps %i and %i", (text, pair, room, first, second) => {
    const { ids, truncated } = tiny.encode(text, pair, room);
    const separator = ids.indexOf(3);
    expect([separator - 1, ids.length - separator - 2, truncated]).toEqual([first, second, true]);
  });

  it("keeps the beginning of both texts", () => {
    const { ids } = tiny.encode(seven, nine, 8);
    expect([...ids].map((id) => tiny.tokenText(id))).toEqual("[CLS] film movie [SEP] good bad great [SEP]".split(" "));
  });

  it("is not reported when everything fits exactly", () => {
    expect(tiny.encode(seven, undefined, 9)).toMatchObject({ truncated: false, ids: { length: 9 } });
  });

  it("refuses a limit that leaves no room for a word", () => {
    expect(() => tiny.encode(seven, undefined, 2)).toThrow("room for 0 text tokens; shorten the prompt");
  });
});

describe("a second text", () => {
  it("has token type 1, its separator included", () => {
    expect([...tiny.encode("film", "good bad", 64).types]).toEqual([0, 0, 0, 1, 1, 1]);
  });

  it("that is empty counts as none", () => {
    expect(tiny.encode("good film", "", 64)).toEqual(tiny.encode("good film", undefined, 64));
  });
});

describe("the vocabulary file alone", () => {
  it("keeps capitals when tokenizer_config.json says so", () => {
    const cased = fromVocabulary("tiny-bert", '{"do_lower_case": false}');
    expect(cased.pieces("film FILM").map(({ text }) => text)).toEqual(["film", "[UNK]"]);
  });

  it("may have Windows line ends", () => {
    const vocabulary = new TextDecoder().decode(readModelFiles("tiny-bert").get("vocab.txt")).replaceAll("\n", "\r\n");
    const windows = createTokenizer({ vocabulary });
    expect(windows.encode("good film", undefined, 64)).toEqual(tiny.encode("good film", undefined, 64));
  });
});

it("shows the pieces of a text without special tokens", () => {
  const pieces = tiny.pieces("The unable FILM");
  expect(pieces.map(({ text }) => text)).toEqual(["the", "un", "##able", "film"]);
  expect(pieces.map(({ id }) => tiny.tokenText(id))).toEqual(pieces.map(({ text }) => text));
});

it("marks [CLS], [SEP] and [PAD] as special, and knows the unknown token", () => {
  expect(tiny.specialIds).toEqual(new Set([0, 2, 3]));
  expect(tiny.unknownId).toBe(1);
});

it("refuses a vocabulary that is not BERT's", () => {
  expect(() => createTokenizer({ vocabulary: "<s>\n</s>\nfilm\n" })).toThrow("has no token [CLS]; expected a BERT");
});

it.each(["tokenizer.json", "tokenizer_config.json"])("says which file is no JSON object: %s", (name) => {
  const broken = name === "tokenizer.json" ? { tokenizerJson: "[1]" } : { configJson: "nothing", vocabulary: "[PAD]" };
  expect(() => createTokenizer(broken)).toThrow(`${name} is not a JSON object`);
});

it("knows how far its vocabulary reaches", () => {
  expect([tiny.hasId(0), tiny.hasId(96), tiny.hasId(97)]).toEqual([true, true, false]);
});

describe("a tokenizer that is not WordPiece", () => {
  // tokenizers.models.BPE, trained on six words; ids from tokenizers 0.23.2:
  // tokenizer.encode("Good moods, food").ids == [11, 13, 1, 1, 12]
  const words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "d", "f", "g", "m", "o", "od", "ood", "good", "food", "mood"];
  const definition = {
    version: "1.0",
    added_tokens: words.slice(0, 4).map((content, id) => ({ id, content, special: true, normalized: false })),
    normalizer: { type: "Lowercase" },
    pre_tokenizer: { type: "Whitespace" },
    post_processor: null,
    decoder: null,
    model: {
      type: "BPE",
      unk_token: "[UNK]",
      vocab: Object.fromEntries(words.map((word, id) => [word, id])),
      merges: [
        ["o", "d"],
        ["o", "od"],
        ["g", "ood"],
        ["f", "ood"],
        ["m", "ood"],
      ],
    },
  };

  it("is opened as well and gives its own library's ids", async () => {
    const tokenizer = await openTokenizer({ tokenizerJson: JSON.stringify(definition) });
    expect([...tokenizer.encode("Good moods, food", undefined, 64).ids]).toEqual([2, 11, 13, 1, 1, 12, 3]);
  });

  it("may name its special tokens otherwise", async () => {
    const names = {
      cls_token: "<s>",
      sep_token: { __type: "AddedToken", content: "</s>" },
      unk_token: "<unk>",
      pad_token: "<pad>",
    };
    const renamed = JSON.stringify(definition)
      .replaceAll("[CLS]", "<s>")
      .replaceAll("[SEP]", "</s>")
      .replaceAll("[UNK]", "<unk>")
      .replaceAll("[PAD]", "<pad>");
    const tokenizer = await openTokenizer({ tokenizerJson: renamed, configJson: JSON.stringify(names) });
    expect([...tokenizer.encode("food", "mood", 64).ids]).toEqual([2, 12, 3, 13, 3]);
  });
});
