/** The built-in sets of labelled texts keep what they promise: size, balance, variety, no easy win for counting words. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { builtInDataSets } from "../../../src/config/dataSets.ts";
import { createTokenizer } from "../../../src/models/tokenizer.ts";
import { bagOfWords } from "../../../tools/data/bagOfWords.ts";
import { checkDataset } from "../../../tools/data/checkDataset.ts";
import { readDataset } from "../../../tools/data/rows.ts";

const tokenizer = createTokenizer({
  tokenizerJson: readFileSync("public/models/encoder-l4-d128/tokenizer.json", "utf8"),
});

/** Sets for other tasks have tests of their own (`markedSets.test.ts`). */
const labelledSets = builtInDataSets.filter((id) =>
  readFileSync(`public/data/${id}/dataset.json`, "utf8").includes('"sequence-classification"'),
);

describe.each(labelledSets)("the built-in set %s", (id) => {
  const data = readDataset(`public/data/${id}`);

  it("has enough varied, balanced rows without near-duplicates across the split", () => {
    expect(checkDataset(data)).toEqual([]);
  });

  it("leaves counting words at 85 % or less", () => {
    expect(bagOfWords(data).evalAccuracy).toBeLessThanOrEqual(0.85);
  });

  it("has rows of at most 26 tokens that the built-in vocabulary knows", () => {
    const rows = [...data.train, ...data.eval];
    const encoded = rows.map((row) => tokenizer.encode(row.text, row.text_pair, 256).ids);
    expect(Math.max(...encoded.map((ids) => ids.length))).toBeLessThanOrEqual(26);
    expect(encoded.filter((ids) => ids.includes(tokenizer.unknownId))).toEqual([]);
  });
});
