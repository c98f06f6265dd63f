/** Questions from SQuAD's JSON and JSON Lines; answers find their place in the context or are refused. */
import { describe, expect, it } from "vitest";
import { parseQuestionInputs, parseQuestions } from "../../../../src/lib/examples/parseQuestions.ts";

const context = "Ann lives in Rome. Rome is old.";
const line = (answers: unknown): string => JSON.stringify({ context, question: "Where?", answers });

describe("an answer", () => {
  it.each([
    ["as a text stands at its first place", ["Rome"], [{ text: "Rome", start: 13 }]],
    ["with a start stands there", [{ text: "Rome", answer_start: 19 }], [{ text: "Rome", start: 19 }]],
    ["with the studio's own name of the start", [{ text: "Rome", start: 19 }], [{ text: "Rome", start: 19 }]],
    ["with a wrong start is looked for", [{ text: "Rome", answer_start: 2 }], [{ text: "Rome", start: 13 }]],
    [
      "in lists as in data sets of the hub",
      { text: ["Rome", "old"], answer_start: [19, 27] },
      [
        { text: "Rome", start: 19 },
        { text: "old", start: 27 },
      ],
    ],
  ])("%s", (_how, answers, expected) => {
    expect(parseQuestions("a.jsonl", line(answers))).toMatchObject({ examples: [{ answers: expected }] });
  });

  it("counts characters beyond U+FFFF once where the file does so, as Python counts", () => {
    const astral = "😀😀 Rome Rome";
    const content = JSON.stringify({ context: astral, question: "?", answers: [{ text: "Rome", answer_start: 8 }] });
    expect(parseQuestions("a.jsonl", content)).toMatchObject({
      examples: [{ answers: [{ text: "Rome", start: 10 }] }],
    });
  });

  it("that is not in the context is refused with its line and question", () => {
    expect(parseQuestions("a.jsonl", `${line(["Rome"])}\n${line(["Paris"])}`)).toMatchObject({
      kind: "problem",
      message:
        'a.jsonl, line 2: the answer "Paris" to "Where?" does not stand in the context. Answers are copied from it letter by letter.',
    });
  });
});

it("reads SQuAD's own files", () => {
  const qas = [{ id: "1", question: "Where?", answers: [{ text: "Rome", answer_start: 13 }] }];
  const squad = JSON.stringify({ version: "1.1", data: [{ title: "t", paragraphs: [{ context, qas }] }] }, null, 1);
  const question = { context, question: "Where?", answers: [{ text: "Rome", start: 13 }] };
  expect(parseQuestions("a.json", squad)).toEqual({ kind: "examples", examples: [question], leftOut: [] });
});

it("leaves out questions without an answer", () => {
  expect(parseQuestions("a.jsonl", `${line([])}\n${line(["Rome"])}`)).toMatchObject({
    leftOut: [{ line: 1, message: "no answer" }],
  });
});

it("says what is missing", () => {
  const parsed = parseQuestions("a.jsonl", '{"context":"x","answers":["x"]}');
  expect(parsed).toMatchObject({
    lines: [{ line: 1, message: 'needs "context", "question" and a list of "answers"' }],
  });
});

it("reads questions without answers for prediction", () => {
  const content = JSON.stringify({ context, question: "Where?" });
  expect(parseQuestionInputs("a.jsonl", content)).toMatchObject({ examples: [{ context, question: "Where?" }] });
});
