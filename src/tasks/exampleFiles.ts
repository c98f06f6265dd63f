/** Which kinds of file each task reads: the same for built-in sets, the page and the command line. Needs no model. */
import type { Example, ExampleInput, TextInput } from "../lib/examples/example.ts";
import { parseSources } from "../lib/examples/parseContinuations.ts";
import { collectRows, readObjects, type ParsedFile, type Row } from "../lib/examples/parsedFile.ts";
import { parseQuestionInputs } from "../lib/examples/parseQuestions.ts";
import { parseWords } from "../lib/examples/parseTagged.ts";
import { readExamplesAs, type ExampleKind } from "../lib/examples/readExamples.ts";
import { readTable } from "../lib/examples/readTable.ts";
import type { TaskKind } from "./index.schema.ts";

/** The kind of examples that a task reads from files. */
const kindOf: Readonly<Record<TaskKind, ExampleKind>> = {
  "sequence-classification": "labels",
  "token-classification": "tags",
  "question-answering": "questions",
  "causal-lm": "continuations",
};

/** Examples with answers, to train on and to evaluate with. */
export async function parseTaskExamples(kind: TaskKind, name: string, content: string): Promise<ParsedFile<Example>> {
  const parsed = await readExamplesAs(kindOf[kind], name, content);
  return parsed.kind === "columns-needed" ? { kind: "problem", message: parsed.message, lines: [] } : parsed;
}

/** Inputs without answers, to predict. */
export async function parseTaskInputs(
  kind: TaskKind,
  name: string,
  content: string,
): Promise<ParsedFile<ExampleInput>> {
  switch (kind) {
    case "sequence-classification":
      return parseTexts(name, content);
    case "token-classification":
      return isTextLines(content) ? parseTexts(name, content) : parseWords(name, content);
    case "question-answering":
      return parseQuestionInputs(name, content);
    case "causal-lm":
      return parseSources(name, content);
    default:
      return kind satisfies never;
  }
}

/** Any file with a column or field `text`, and optionally `text_pair`. */
async function parseTexts(name: string, content: string): Promise<ParsedFile<TextInput>> {
  const table = await readTable(name, content.replace(/^\uFEFF/, ""));
  if (table.kind === "problem") return table;
  if (!table.columns.includes("text")) {
    const message = `${name}: expected a column "text", found ${table.columns.join(", ")}.`;
    return { kind: "problem", message, lines: [] };
  }
  const rows = table.rows.map(({ line, cells }): Row<TextInput> => {
    const pair = cells["text_pair"] ?? "";
    return { line, value: { text: cells["text"] ?? "", ...(pair === "" ? {} : { textPair: pair }) } };
  });
  return collectRows(name, rows, 'Expected lines like {"text": "…"}.');
}

/** JSON Lines whose objects have texts instead of words. */
function isTextLines(content: string): boolean {
  const rows = readObjects(content);
  return rows.length > 0 && rows.every((row) => "value" in row && "text" in row.value && !("tokens" in row.value));
}
