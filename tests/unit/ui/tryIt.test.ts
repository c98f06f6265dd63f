/** The try-it box without its drawing: what is asked, and how tagged words fall into spans. */
import { describe, expect, it } from "vitest";
import { firstText, inputOf, inputOfLine, usualForm } from "../../../src/ui/tryIt/tryInput.ts";
import { tagGroups, tagTypes } from "../../../src/ui/tryIt/tagGroups.ts";
import { taskKinds } from "../../../src/tasks/index.schema.ts";

const shown = { text: "she gave me books .", second: "who?", predicate: 1 };

describe("what is typed", () => {
  it.each([
    ["text", { text: shown.text }],
    ["words", { text: shown.text }],
    ["pair", { text: shown.text, textPair: "who?" }],
    ["predicate", { tokens: ["she", "gave", "me", "books", "."], predicate: 1 }],
    ["question", { context: shown.text, question: "who?" }],
    ["continuation", { source: shown.text }],
  ] as const)("as %s becomes an input", (form, input) => {
    expect(inputOf(form, shown)).toEqual(input);
  });

  it("is no input while something is missing", () => {
    expect(inputOf("text", { ...shown, text: " " })).toBeUndefined();
    expect(inputOf("question", { ...shown, second: "" })).toBeUndefined();
    expect(inputOf("pair", { ...shown, second: "" })).toEqual({ text: shown.text });
  });

  it("keeps the verb within a sentence that became shorter", () => {
    expect(inputOf("predicate", { ...shown, text: "she left", predicate: 4 })).toEqual({
      tokens: ["she", "left"],
      predicate: 1,
    });
  });

  it.each([
    ["text", "warm and funny", { text: "warm and funny" }],
    ["words", "Maria left", { text: "Maria left" }],
    ["pair", "it rains | it is wet", { text: "it rains", textPair: "it is wet" }],
    ["predicate", "she gave me books | gave", { tokens: ["she", "gave", "me", "books"], predicate: 1 }],
    ["predicate", "she gave me books", undefined],
    [
      "question",
      "She left Oslo. | What did she leave?",
      { context: "She left Oslo.", question: "What did she leave?" },
    ],
    ["question", "She left Oslo.", undefined],
  ] as const)("in one line, as %s: %s", (form, line, input) => {
    expect(inputOfLine(form, line)).toEqual(input);
  });

  it("starts with something to ask for every task", () => {
    for (const kind of taskKinds) {
      const form = usualForm(kind);
      expect(inputOf(form, firstText(form, { kind: "own", name: "mine" }))).toBeDefined();
    }
  });
});

describe("tagged words", () => {
  const tagged = (...pairs: readonly (readonly [string, string, number?])[]) =>
    tagGroups(pairs.map(([word, tag, probability]) => ({ word, tag, probability })));

  it("fall into spans with the least certain of their words", () => {
    expect(
      tagged(["Maria", "B-PER", 0.9], ["Lopez", "I-PER", 0.6], ["left", "O", 0.8], ["Oslo", "I-LOC", 0.5]),
    ).toEqual([
      { words: ["Maria", "Lopez"], type: "PER", probability: 0.6 },
      { words: ["left"], type: undefined, probability: 0.8 },
      { words: ["Oslo"], type: "LOC", probability: 0.5 },
    ]);
  });

  it("begin a new span with every B-, and stay apart when kinds differ", () => {
    expect(tagged(["a", "B-X"], ["b", "B-X"], ["c", "I-Y"]).map(({ words }) => words)).toEqual([["a"], ["b"], ["c"]]);
  });

  it("that were cut off have no probability", () => {
    expect(tagged(["a", "O"])).toEqual([{ words: ["a"], type: undefined, probability: undefined }]);
  });

  it("have kinds in a steady order, and other tags are kinds themselves", () => {
    expect(tagTypes(["O", "I-b", "B-b", "B-a", "NOUN"])).toEqual(["NOUN", "a", "b"]);
  });
});
