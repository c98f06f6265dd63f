/** The marked sources are read as written, and a wrong mark is told with its line. */
import { describe, expect, it } from "vitest";
import { checkQuestions, checkTagged, questionWord } from "../../../tools/data/checkMarked.ts";
import { parseQuestionSource, parseTaggedSource } from "../../../tools/data/markup.ts";
import { lookupTagF1 } from "../../../tools/data/trivialBaselines.ts";

const passage = "The cat sat on the mat. Ann fed the cat at 7:30.";

describe("parseTaggedSource", () => {
  it("splits words, possessives and punctuation and tags the marked ones", () => {
    expect(parseTaggedSource("s", "# people\n[PER Ann Lee]'s dog doesn't like [LOC Rome].")).toEqual([
      [
        {
          tokens: ["Ann", "Lee", "'s", "dog", "doesn't", "like", "Rome", "."],
          tags: ["B-PER", "I-PER", "O", "O", "O", "O", "B-LOC", "O"],
        },
      ],
    ]);
  });

  it("keeps the readings of one sentence together", () => {
    const [item] = parseTaggedSource("s", "[AGENT ann] {sang} and left\n+ [AGENT ann] sang and {left}");
    expect(item?.map(({ predicate }) => predicate)).toEqual([1, 3]);
  });

  it.each([
    ["[PER Ann left", /s:1: expected marks .* got "\["/],
    ["{ann} {left}", /s:1: expected one \{verb\} at most, got 2/],
    ["ann {left}\n+ tom {left}", /s:2: expected the words of the sentence above, got "tom left"/],
  ])("refuses %j", (source, message) => {
    expect(() => parseTaggedSource("s", source)).toThrow(message);
  });
});

describe("parseQuestionSource", () => {
  it("places answers, by number where they stand more than once", () => {
    const [item] = parseQuestionSource(
      "q",
      `${passage}\n? Who fed it? | Ann\n? Whom did Ann feed? | cat @2 / the cat @1`,
    );
    expect(item?.map(({ answers }) => answers)).toEqual([
      [{ text: "Ann", answer_start: 24 }],
      [
        { text: "cat", answer_start: 36 },
        { text: "the cat", answer_start: 32 },
      ],
    ]);
  });

  it.each([
    ["? Who sat? | cat", /q:2: expected "cat" once in the passage, found it 2 times/],
    ["? Who sat? | dog", /q:2: expected "dog" once in the passage, found it 0 times/],
    ["? Who sat? | cat @3", /q:2: expected "cat" 3 times, found it 2 times/],
    ["? Who sat?", /q:2: expected "\? question \| answer"/],
    ["More.", /q:2: expected a question of the passage above/],
  ])("refuses %j", (line, message) => {
    expect(() => parseQuestionSource("q", `${passage}\n${line}`)).toThrow(message);
  });
});

describe("the checks", () => {
  const tagged = (source: string): ReturnType<typeof parseTaggedSource>[number] =>
    parseTaggedSource("s", source).flat();

  it("find leaks, duplicates and unbalanced types", () => {
    const train = tagged("[PER Ann] bakes bread at home\n[PER Ann] bakes bread at home");
    const kinds = new Set(
      checkTagged({ train, eval: tagged("[PER Tom] bakes bread at home") }).map(({ kind }) => kind),
    );
    expect(kinds).toEqual(new Set(["size", "balance", "duplicate", "near-duplicate"]));
  });

  it("find answers that the question gives away", () => {
    const [rows = []] = parseQuestionSource("q", `${passage}\n? Did Ann feed it at 7:30? | 7:30`);
    const messages = checkQuestions({ train: rows, eval: [] }).map(({ message }) => message);
    expect(messages).toContain("the question holds its answer: Did Ann feed it at 7:30?");
  });

  it.each([
    ["Whose dog is it?", "who"],
    ["In how many cities?", "how many"],
    ["Since when?", "when"],
  ])("count %j as %s", (question, word) => expect(questionWord(question)).toBe(word));

  it("score looking words up", () => {
    const train = tagged("[PER Ann] left [LOC Rome]\n[PER Ann] came to [LOC Paris]");
    expect(lookupTagF1({ train, eval: tagged("[PER Ann] saw [LOC Rome] and [LOC Oslo]") })).toBeCloseTo(0.8);
  });
});
