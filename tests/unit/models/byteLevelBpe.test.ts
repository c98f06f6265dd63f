/** Byte-level BPE against the Rust tokenizers: ids of tricky texts, pairs and cuts, and what people read of a token. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createTokenizer, openTokenizer, type Tokenizer } from "../../../src/models/tokenizer.ts";
import { fixtureModel, readJson, readModelFiles } from "../../parity/models.ts";
import { describeWithShared, sharedPath } from "../../setup/shared.ts";

const caseSchema = z.object({
  text: z.string(),
  textPair: z.string().nullable(),
  maxLength: z.int().nullable(),
  ids: z.array(z.int()),
});

function casesOf(path: string): z.infer<typeof caseSchema>[] {
  return z.object({ cases: z.array(caseSchema) }).parse(readJson(path)).cases;
}

function idsOf(tokenizer: Tokenizer, { text, textPair, maxLength }: z.infer<typeof caseSchema>): number[] {
  return [...tokenizer.encode(text, textPair ?? undefined, maxLength ?? 512).ids];
}

function tinyFile(name: string): string {
  return new TextDecoder().decode(readModelFiles("tiny-gpt2").get(name));
}

const { tokenizer } = await fixtureModel("tiny-gpt2");

describe("tiny-gpt2's vocabulary", () => {
  const cases = casesOf("tiny-gpt2/tokenizer-cases.json");
  const fromParts = createTokenizer({ vocabularyJson: tinyFile("vocab.json"), merges: tinyFile("merges.txt") });

  it.each(cases)("gives the ids of $text / $textPair within $maxLength tokens", (example) => {
    expect(idsOf(tokenizer, example)).toEqual(example.ids);
    expect(idsOf(fromParts, example)).toEqual(example.ids);
  });

  it("has one type for all tokens, and no token that is unknown", () => {
    const { types } = tokenizer.encode("a text", "and another", 64);
    expect([...types].every((type) => type === 0)).toBe(true);
    expect(tokenizer.pieces("日本語 \u{1f600}").some(({ id }) => id === tokenizer.unknownId)).toBe(false);
  });

  it("gives an empty text the end-of-text token, so that a row is left to read", () => {
    expect([...tokenizer.encode("", undefined, 8).ids]).toEqual([tokenizer.endId]);
    expect(tokenizer.tokenText(tokenizer.endId ?? -1)).toBe("<|endoftext|>");
    expect(tokenizer.specialIds).toEqual(new Set([tokenizer.endId]));
  });

  it("tells when tokens were cut off", () => {
    expect(tokenizer.encode("the movie", undefined, 8).truncated).toBe(false);
    expect(tokenizer.encode("the movie is good and the movie is bad", undefined, 3).truncated).toBe(true);
  });

  it("shows tokens as people read them, and broken characters as bytes", () => {
    expect(tokenizer.pieces(" the movie, é").map(({ text }) => text)).toEqual([" the", " movie", ",", " ", "é"]);
    expect(tokenizer.pieces("€").map(({ text }) => text)).toEqual(["<e2>", "<82>", "<ac>"]);
  });

  it("is recognised in a tokenizer.json that names no type of model", async () => {
    const definition = z.looseObject({ model: z.looseObject({}) }).parse(JSON.parse(tinyFile("tokenizer.json")));
    delete definition.model["type"];
    const opened = await openTokenizer({ tokenizerJson: JSON.stringify(definition) });
    expect(idsOf(opened, { text: "the good movie", textPair: null, maxLength: null, ids: [] })).toEqual([
      ...tokenizer.encode("the good movie", undefined, 64).ids,
    ]);
  });

  it("refuses a vocab.json that is no map of ids", () => {
    expect(() => createTokenizer({ vocabularyJson: "[1, 2]", merges: "" })).toThrow(
      "vocab.json: expected a JSON object",
    );
  });
});

const own = "tokenizers/gpt2";

describeWithShared(
  "GPT-2's own vocabulary",
  () => {
    const text = (name: string): string => readFileSync(sharedPath(`${own}/${name}`), "utf8");

    it("gives the ids of every text", () => {
      const gpt2 = createTokenizer({ vocabularyJson: text("vocab.json"), merges: text("merges.txt") });
      const cases = casesOf("gpt2-tokenizer.json");
      expect(cases.map((example) => idsOf(gpt2, example))).toEqual(cases.map(({ ids }) => ids));
      expect(gpt2.hasId(50256)).toBe(true);
      expect(gpt2.hasId(50257)).toBe(false);
    });
  },
  [`${own}/vocab.json`, `${own}/merges.txt`],
);
