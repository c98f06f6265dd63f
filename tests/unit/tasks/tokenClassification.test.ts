/** From tagged words to rows and labels and back to tags. */
import { describe, expect, it } from "vitest";
import { defaultTask } from "../../../src/config/experiment.ts";
import { bindTask } from "../../../src/tasks/index.ts";
import { fixtureModel } from "../../parity/models.ts";

const model = await fixtureModel("tiny-bert");
const { tokenizer } = model;
const task = bindTask(defaultTask("token-classification"), model);
const labels = ["B-x", "I-x", "O"];
const sentence = { tokens: ["films", "film", "goodness"], tags: ["B-x", "I-x", "O"] };

/** Logits that say these labels, row after row. */
function saying(places: readonly number[]): Float32Array {
  return Float32Array.from(places.flatMap((place) => labels.map((_, index) => (index === place ? 5 : 0))));
}

describe("a sentence", () => {
  const pieces = sentence.tokens.map((token) => tokenizer.pieces(token).length);

  it("has words of several pieces in this test", () => {
    expect(pieces.some((count) => count > 1)).toBe(true);
  });

  it("is read at the first piece of each word, and only there", () => {
    const [encoded] = task.encode([sentence], { labels, budget: 64 }).sequences;
    const firsts = pieces.map((_, index) => 1 + pieces.slice(0, index).reduce((sum, count) => sum + count, 0));
    expect(encoded?.needed).toEqual(Int32Array.from(firsts));
    expect([...(encoded?.labels ?? [])]).toEqual([0, 1, 2]);
    expect(encoded?.encoding).toEqual(tokenizer.encode(sentence.tokens.join(" "), undefined, 64));
  });

  it("that is too long loses words at its end, which count as O", () => {
    const part = task.encode([sentence], { labels, budget: 2 + (pieces[0] ?? 0) });
    expect(part.sequences[0]?.needed).toHaveLength(1);
    expect(part.sequences[0]?.encoding.truncated).toBe(true);
    const { figures } = part.score([saying([0])]);
    expect(figures["tagAccuracy"]).toBeCloseTo(2 / 3, 12);
  });

  it("with a predicate has that word as its second segment", () => {
    const [encoded] = task.encode([{ ...sentence, predicate: 1 }], { labels, budget: 64 }).sequences;
    expect(encoded?.encoding).toEqual(tokenizer.encode(sentence.tokens.join(" "), "film", 64));
    expect(encoded?.needed).toHaveLength(3);
  });

  it("of which the tokenizer leaves nothing of a word still has a row for it", () => {
    const odd = { tokens: ["film", "\u200d", "good"], tags: ["O", "O", "O"] };
    const [encoded] = task.encode([odd], { labels, budget: 64 }).sequences;
    expect(encoded?.encoding.ids[2]).toBe(tokenizer.unknownId);
    expect(encoded?.needed).toEqual(Int32Array.of(1, 2, 3));
  });

  it("may have tags in evaluation that training lacks; they are never right and have no loss", () => {
    const part = task.encode([{ tokens: ["film"], tags: ["B-new"] }], { labels, budget: 64 });
    expect([...(part.sequences[0]?.labels ?? [])]).toEqual([-1]);
    expect(part.score([saying([0])])).toMatchObject({ accuracy: 0, loss: 0 });
  });
});

describe("scores", () => {
  it("are F1 of spans for BIO tags", () => {
    const { score } = task.encode([sentence, sentence], { labels, budget: 64 });
    expect(task.scoreName(labels)).toBe("F1");
    expect(score([saying([0, 1, 2]), saying([0, 2, 2])])).toMatchObject({ accuracy: 0.5, examples: 2 });
    expect(score([saying([0, 1, 2]), saying([0, 1, 2])])).toMatchObject({ accuracy: 1, interval: [1, 1] });
  });

  it("are shares of right tags for others", () => {
    const nouns = [{ tokens: ["film", "is"], tags: ["NOUN", "VERB"] }];
    const { score } = task.encode(nouns, { labels: ["NOUN", "VERB"], budget: 64 });
    expect(task.scoreName(["NOUN", "VERB"])).toBe("accuracy");
    expect(score([Float32Array.of(1, 0, 1, 0)]).accuracy).toBe(0.5);
  });

  it("have the mean cross entropy over the words as their loss", () => {
    const { score } = task.encode([sentence], { labels, budget: 64 });
    expect(score([new Float32Array(9)]).loss).toBeCloseTo(Math.log(3), 6);
  });
});

it("its baseline remembers each word's most frequent tag", () => {
  const train = [
    { tokens: ["film", "film", "film"], tags: ["B-x", "B-x", "O"] },
    { tokens: ["is"], tags: ["O"] },
  ];
  const evaluation = [{ tokens: ["film", "never", "is"], tags: ["B-x", "B-x", "O"] }];
  const { score } = task.baseline(train, evaluation, labels);
  expect(score).toBeCloseTo(2 / 3, 12);
});

it("takes texts to tag apart into words and signs", () => {
  const part = task.read([{ text: "film, good!" }], { labels, budget: 64 });
  const [answer] = part.answers([saying([0, 2, 1, 2])]);
  expect(answer).toMatchObject({ kind: "tags", words: ["film", ",", "good", "!"], tags: ["B-x", "O", "I-x", "O"] });
});

it("refuses tags of which some are BIO tags and some are not", () => {
  const train = [{ tokens: ["film", "is"], tags: ["B-x", "verb"] }];
  expect(() => task.labelsOf(train)).toThrow('Expected tags like O, B-place and I-place, got "verb" among them.');
});
