/** Examples from files and pastes of every accepted kind, and what is said about the rest, with line numbers. */
import { describe, expect, it } from "vitest";
import {
  describeLines,
  parseExamples,
  trainingObstacle,
  type ParsedExamples,
} from "../../../../src/lib/examples/parseExamples.ts";

const two = [
  { text: "good film", label: "yes" },
  { text: "bad film", label: "no" },
];

function messageOf(parsed: ParsedExamples): string {
  return parsed.kind === "examples" ? `${parsed.examples.length} examples` : parsed.message;
}

describe("two examples", () => {
  it.each([
    ["from CSV", "a.csv", "text,label\ngood film,yes\nbad film,no\n"],
    ["from CSV with Windows line ends", "a.csv", "text,label\r\ngood film,yes\r\nbad film,no\r\n"],
    ["from CSV with a byte order mark", "a.csv", "\uFEFFtext,label\ngood film,yes\nbad film,no"],
    ["from CSV with semicolons", "a.csv", "text;label\ngood film;yes\nbad film;no\n"],
    ["from CSV with the columns the other way round", "a.csv", "Label,Text\nyes,good film\nno,bad film\n"],
    ["from CSV with other usual names", "a.csv", "sentiment,review\nyes,good film\nno,bad film\n"],
    ["from TSV", "a.tsv", "text\tlabel\ngood film\tyes\nbad film\tno\n"],
    ["from JSON Lines", "a.jsonl", '{"text":"good film","label":"yes"}\n\n{"label":"no","text":"bad film"}\n'],
    ["from pasted lines with bars", "paste", "good film | yes\nbad film | no"],
    ["from pasted lines with tabs", "paste", "good film\tyes\nbad film\tno\n"],
    ["with spaces around them", "a.csv", "text,label\n  good film , yes\nbad film ,no\n"],
  ])("%s", async (_kind, name, content) => {
    expect(await parseExamples(name, content)).toEqual({ kind: "examples", examples: two, leftOut: [] });
  });
});

describe("a pair of texts", () => {
  it.each([
    ["CSV", "a.csv", "premise,hypothesis,label\nit is,is it,yes\n"],
    ["JSON Lines", "a.jsonl", '{"text":"it is","text_pair":"is it","label":"yes"}'],
  ])("comes from %s", async (_kind, name, content) => {
    expect(await parseExamples(name, content)).toMatchObject({
      examples: [{ text: "it is", textPair: "is it", label: "yes" }],
    });
  });

  it("whose second text is empty is a single text", async () => {
    const parsed = await parseExamples("a.csv", "text,text_pair,label\nit is,,yes\n");
    expect(parsed).toEqual({ kind: "examples", examples: [{ text: "it is", label: "yes" }], leftOut: [] });
  });
});

it("keeps commas, quotes and line breaks of quoted cells", async () => {
  const parsed = await parseExamples("a.csv", 'text,label\n"a, ""b""\nc",yes\n');
  expect(parsed).toMatchObject({ examples: [{ text: 'a, "b"\nc', label: "yes" }] });
});

it("reads numbers and truth values of JSON as labels", async () => {
  const parsed = await parseExamples("a.jsonl", '{"text":"x","label":0}\n{"text":"y","label":true}');
  expect(parsed).toMatchObject({ examples: [{ label: "0" }, { label: "true" }] });
});

describe("rows that cannot be used are left out and named by their line", () => {
  it.each([
    ["without a label", "text,label\ngood,yes\nbad,\n", [{ line: 3, message: "no label" }]],
    ["without a text", "text,label\n,yes\ngood,yes\n", [{ line: 2, message: "no text" }]],
    [
      "with too many cells",
      "text,label\ngood,yes\na,b,c\n",
      [{ line: 3, message: expect.stringContaining("3 cells, but the header has 2") }],
    ],
    ["after a cell with line breaks", 'text,label\n"a\nb",yes\nbad,\n', [{ line: 4, message: "no label" }]],
    ["after an empty line", "text,label\n\ngood,yes\nbad,\n", [{ line: 4, message: "no label" }]],
  ])("%s", async (_case, content, leftOut) => {
    expect(await parseExamples("a.csv", content)).toMatchObject({ kind: "examples", leftOut });
  });

  it("that are not JSON", async () => {
    const parsed = await parseExamples("a.jsonl", '{"text":"x","label":"y"}\n{broken\n[1]\n');
    expect(parsed).toMatchObject({ leftOut: [{ line: 2, message: "not valid JSON" }, { line: 3 }] });
  });
});

describe("columns with unusual names", () => {
  const content = "words,kind,note\ngood film,yes,1\nbad film,no,2\n";

  it("are asked for, with a list of what is there", async () => {
    expect(await parseExamples("a.csv", content)).toMatchObject({
      kind: "columns-needed",
      columns: ["words", "kind", "note"],
      message: 'a.csv has no column called text or label. Found "words", "kind", "note". Choose which column is which.',
    });
  });

  it("are used once they were chosen", async () => {
    const parsed = await parseExamples("a.csv", content, { text: "words", label: "kind" });
    expect(parsed).toMatchObject({ kind: "examples", examples: two });
  });
});

describe("a file without examples", () => {
  it.each([
    ["is empty", "a.csv", "  \n", "a.csv is empty"],
    ["is one JSON value", "a.json", '[{"text": "x", "label": "y"}]', "a.json is one JSON value. Expected JSON Lines"],
    ["has only a header", "a.csv", "text,label\n", "no row with both a text and a label"],
    ["has lines without labels", "paste", "one line\nanother line", "No labels found in paste"],
    ["has no JSON objects", "a.jsonl", "{broken\n{", "No line is a JSON object"],
  ])("because it %s says so", async (_case, name, content, message) => {
    expect(messageOf(await parseExamples(name, content))).toContain(message);
  });
});

describe("what stands against training", () => {
  it("is nothing when both labels are there", () => {
    expect(trainingObstacle(two, two)).toBeUndefined();
  });

  it("is a single label", () => {
    expect(trainingObstacle(two.slice(0, 1), undefined)).toContain('Every example has the label "yes"');
  });

  it("is a label that only evaluation has", () => {
    expect(trainingObstacle(two, [{ text: "x", label: "perhaps" }])).toContain('never sees: "perhaps"');
  });
});

it("lists complaints by kind, with at most eight line numbers each", () => {
  const lines = Array.from({ length: 11 }, (_, index) => ({ line: index + 2, message: "no label" }));
  expect(describeLines([...lines, { line: 40, message: "no text" }])).toBe(
    "lines 2, 3, 4, 5, 6, 7, 8, 9 and 3 more: no label; line 40: no text",
  );
});
