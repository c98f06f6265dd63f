/** Files of examples: which kind they hold, and what is told when one is read as that kind and does not fit. */
import { describe, expect, it } from "vitest";
import { inputFormOf } from "../../../../src/lib/examples/inputForm.ts";
import { guessKind, readExamplesAs, type ExampleKind } from "../../../../src/lib/examples/readExamples.ts";

const conll = "Ann B-name\nlives O\nin O\nRome B-place\n\nBob B-name\nleft O\n";
const squad = JSON.stringify({
  version: "1.1",
  data: [
    { paragraphs: [{ context: "Ann lives in Rome.", qas: [{ question: "Where?", answers: [{ text: "Rome" }] }] }] },
  ],
});

const files: readonly (readonly [string, string, ExampleKind])[] = [
  ["reviews.csv", "text,label\nA fine film,good\n", "labels"],
  ["", "A fine film | good\nA dull film | bad\n", "labels"],
  ["", "O brother | film\nthat O | other\n", "labels"],
  ["rows.jsonl", '{"text": "a", "label": "b"}\n', "labels"],
  ["rows.json", '[{"text": "a", "label": "b"}]', "labels"],
  ["names.txt", conll, "tags"],
  ["names.tsv", conll.replaceAll(" ", "\t"), "tags"],
  ["words.conll", "Ann NOUN\nleft VERB\n", "tags"],
  ["names.txt", conll.replace("B-place", "place"), "tags"],
  ["names.jsonl", '{"tokens": ["Ann"], "tags": ["B-name"]}\n', "tags"],
  ["dev.json", squad, "questions"],
  ["rows.jsonl", '{"context": "a b", "question": "c", "answers": ["a"]}\n', "questions"],
  ["rows.csv", "source,target\nname : Zizzi,Zizzi is a pub.\n", "continuations"],
  ["rows.jsonl", '{"source": "a", "target": "b"}\n', "continuations"],
  ["rows.jsonl", '{"text": "a text alone"}\n', "continuations"],
  ["empty.csv", "", "labels"],
];

it.each(files)("%s %j holds %s", (name, content, kind) => {
  expect(guessKind(name, content)).toBe(kind);
});

describe("a file of another kind, or a broken one", () => {
  it.each([
    [
      "tags",
      "names.txt",
      conll.replace("B-place", "place"),
      /names\.txt, line 4: the tag "place" is none of O, B-… and I-…/,
    ],
    [
      "questions",
      "rows.jsonl",
      '{"context": "a b", "question": "c", "answers": ["d"]}',
      /line 1: the answer "d" to "c" does not stand in the context/,
    ],
    ["questions", "rows.jsonl", '{"text": "a"}', /needs "context", "question" and a list of "answers".*Expected SQuAD/],
    ["tags", "rows.csv", "text,label\n", /has no tag|no tags/],
    ["continuations", "rows.csv", "source,target\na,\n", /no target/],
    ["labels", "empty.csv", "", /empty\.csv is empty/],
  ] as const)("read as %s: %s %j", async (kind, name, content, message) => {
    const read = await readExamplesAs(kind, name, content);
    expect(read.kind === "problem" ? read.message : "").toMatch(message);
  });
});

describe("the form of the inputs", () => {
  it.each([
    [[{ text: "a" }, { text: "b" }], "text"],
    [[{ text: "a" }, { text: "b", textPair: "c" }], "pair"],
    [[{ tokens: ["a"] }], "words"],
    [[{ tokens: ["a"] }, { tokens: ["b"], predicate: 0 }], "predicate"],
    [[{ context: "a", question: "b" }], "question"],
    [[{ source: "a" }], "continuation"],
    [[], "text"],
  ] as const)("of %j is %s", (inputs, form) => {
    expect(inputFormOf(inputs)).toBe(form);
  });
});
