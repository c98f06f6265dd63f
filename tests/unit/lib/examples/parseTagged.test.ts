/** Tagged sentences from columns and JSON Lines, and what is said about files that cannot be used. */
import { describe, expect, it } from "vitest";
import { parseTagged, parseWords } from "../../../../src/lib/examples/parseTagged.ts";

const two = [
  { tokens: ["Ann", "left"], tags: ["B-name", "O"] },
  { tokens: ["Rome"], tags: ["B-place"] },
];

describe("two sentences", () => {
  it.each([
    ["from columns between tabs", "a.conll", "Ann\tB-name\nleft\tO\n\nRome\tB-place\n"],
    ["from columns between spaces, others in between", "a.txt", "Ann NNP x B-name\nleft VBD x O\n\nRome NNP x B-place"],
    [
      "with marks of documents and comments",
      "a.conll",
      "-DOCSTART- O\n\n# id = 1\nAnn\tB-name\nleft\tO\n \t\nRome\tB-place",
    ],
    ["with Windows line ends", "a.conll", "Ann\tB-name\r\nleft\tO\r\n\r\nRome\tB-place\r\n"],
    [
      "from JSON Lines",
      "a.jsonl",
      '{"tokens":["Ann","left"],"tags":["B-name","O"]}\n\n{"tokens":["Rome"],"tags":["B-place"]}\n',
    ],
  ])("come %s", (_what, name, content) => {
    expect(parseTagged(name, content)).toEqual({ kind: "examples", examples: two, leftOut: [] });
  });
});

it("keeps the predicate of a sentence", () => {
  const parsed = parseTagged("a.jsonl", '{"tokens":["Ann","left"],"predicate":1,"tags":["B-ARG0","B-V"]}');
  expect(parsed).toMatchObject({ examples: [{ tokens: ["Ann", "left"], tags: ["B-ARG0", "B-V"], predicate: 1 }] });
});

it("takes a word that is a number sign for a word", () => {
  const parsed = parseTagged("a.conll", "#\tO\n#tag\tB-x\n");
  expect(parsed).toMatchObject({ examples: [{ tokens: ["#", "#tag"], tags: ["O", "B-x"] }] });
});

it("takes tags that are no BIO tags as they are", () => {
  expect(parseTagged("a.conll", "Ann\tNOUN\nleft\tVERB\n")).toMatchObject({ examples: [{ tags: ["NOUN", "VERB"] }] });
});

describe("a file that mixes BIO tags with others", () => {
  it.each([
    ["a.conll", "Ann\tB-name\n\nleft\tO\nRome\tplace\n", 4],
    ["a.jsonl", '{"tokens":["Ann"],"tags":["B-name"]}\n{"tokens":["left","Rome"],"tags":["O","place"]}', 2],
  ])("is refused with the line and the tag: %s", (name, content, line) => {
    expect(parseTagged(name, content)).toMatchObject({
      kind: "problem",
      message: `${name}, line ${line}: the tag "place" is none of O, B-… and I-…, which the other tags are. Correct it.`,
    });
  });
});

describe("sentences that cannot be used", () => {
  it.each([
    ["have fewer tags than words", '{"tokens":["a","b"],"tags":["O"]}', "2 words, but 1 tags"],
    ["have no tags", '{"tokens":["a"]}', "no tags"],
    ["have no words", '{"tokens":[],"tags":[]}', '"tokens" must be a list of words, "tags" one of tags'],
    ["are not JSON", "{oops", "not valid JSON"],
    [
      "have a predicate beyond their end",
      '{"tokens":["a"],"tags":["O"],"predicate":1}',
      "the predicate is word 1 (counted from 0) of 1",
    ],
  ])("because they %s are left out with their line", (_why, line, message) => {
    const good = '{"tokens":["Ann"],"tags":["O"]}';
    expect(parseTagged("a.jsonl", `${good}\n${line}`)).toMatchObject({
      kind: "examples",
      leftOut: [{ line: 2, message }],
    });
  });

  it("in columns say which word has no tag", () => {
    const parsed = parseTagged("a.conll", "Ann\tB-name\nleft\n\nRome\tO\n");
    expect(parsed).toMatchObject({ leftOut: [{ line: 2, message: '"left" has no tag' }] });
  });

  it("when all of them are, are a problem that says what was expected", () => {
    const parsed = parseTagged("a.conll", "");
    expect(parsed).toMatchObject({ kind: "problem" });
    expect(parsed.kind === "problem" && parsed.message).toContain("it is empty");
  });
});

it("words without tags can be read for prediction", () => {
  expect(parseWords("a.conll", "Ann\nleft\n")).toMatchObject({ examples: [{ tokens: ["Ann", "left"] }] });
  expect(parseWords("a.jsonl", '{"tokens":["Ann"],"tags":["O"]}')).toMatchObject({ examples: [{ tokens: ["Ann"] }] });
});
