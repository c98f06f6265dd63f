/**
 * Reads questions about contexts from SQuAD's JSON (Rajpurkar et al. 2016) or JSON Lines {"context", "question", "answers"}.
 * Answers are texts, or texts with the character they start at; each must stand in its context.
 */
import { z } from "zod";
import type { ContextAnswer, QuestionExample, QuestionInput } from "./example.ts";
import { collectRows, readObjects, type ParsedFile, type Row } from "./parsedFile.ts";

const expected =
  'Expected SQuAD\'s JSON or lines like {"context": "Ann lives in Rome.", "question": "Where does Ann live?", "answers": ["Rome"]}.';

const placedSchema = z.object({ text: z.string(), answer_start: z.int().optional(), start: z.int().optional() });
const listsSchema = z.object({ text: z.array(z.string()), answer_start: z.array(z.int()) });
const answersSchema = z.union([
  z.array(z.union([z.string().transform((text) => ({ text, start: undefined })), placedSchema.transform(placed)])),
  listsSchema.transform(({ text, answer_start: starts }) =>
    text.map((each, index) => ({ text: each, start: starts[index] })),
  ),
]);
const questionSchema = z.object({ context: z.string().min(1), question: z.string().min(1) });
const answeredSchema = questionSchema.extend({ answers: answersSchema });
const squadSchema = z.object({
  data: z.array(
    z.object({
      paragraphs: z.array(
        z.object({
          context: z.string(),
          qas: z.array(z.looseObject({ question: z.string(), answers: answersSchema.optional() })),
        }),
      ),
    }),
  ),
});

interface PlacedText {
  readonly text: string;
  readonly start: number | undefined;
}

function placed({ text, answer_start, start }: z.infer<typeof placedSchema>): PlacedText {
  return { text, start: answer_start ?? start };
}

/** Questions with answers. An answer that does not stand in its context is a problem, told with the question. */
export function parseQuestions(name: string, content: string): ParsedFile<QuestionExample> {
  const rows = readQuestions(content).map((row): Row<QuestionExample> => {
    if (!("value" in row)) return row;
    const parsed = answeredSchema.safeParse(row.value);
    if (!parsed.success) return { line: row.line, complaint: 'needs "context", "question" and a list of "answers"' };
    const { context, question, answers } = parsed.data;
    if (answers.length === 0) return { line: row.line, complaint: "no answer" };
    return { line: row.line, value: { context, question, answers: answers.map((answer) => placeOf(answer, context)) } };
  });
  for (const row of rows) {
    if (!("value" in row)) continue;
    const lost = row.value.answers.find(({ start }) => start < 0);
    if (lost === undefined) continue;
    const message = `${name}, line ${row.line}: the answer "${lost.text}" to "${row.value.question}" does not stand in the context. Answers are copied from it letter by letter.`;
    return {
      kind: "problem",
      message,
      lines: [{ line: row.line, message: `answer "${lost.text}" is not in the context` }],
    };
  }
  return collectRows(name, rows, expected);
}

/** Questions to answer; answers in the file are left aside. */
export function parseQuestionInputs(name: string, content: string): ParsedFile<QuestionInput> {
  const rows = readQuestions(content).map((row): Row<QuestionInput> => {
    if (!("value" in row)) return row;
    const parsed = questionSchema.safeParse(row.value);
    return parsed.success
      ? { line: row.line, value: parsed.data }
      : { line: row.line, complaint: 'needs "context" and "question"' };
  });
  return collectRows(name, rows, expected);
}

/** Lines of JSON, or the questions of a SQuAD file, which count as lines of their own. */
function readQuestions(content: string): Row<Readonly<Record<string, unknown>>>[] {
  const text = content.replace(/^\uFEFF/, "");
  const squad = squadSchema.safeParse(wholeJson(text));
  if (!squad.success) return readObjects(text);
  const questions = squad.data.data.flatMap(({ paragraphs }) =>
    paragraphs.flatMap(({ context, qas }) =>
      qas.map(({ question, answers = [] }) => ({ context, question, answers: answers.map(startNamed) })),
    ),
  );
  return questions.map((value, index) => ({ line: index + 1, value }));
}

function startNamed({ text, start }: PlacedText): object {
  return start === undefined ? { text } : { text, start };
}

function wholeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Where the answer starts; −1 when it is not there. Starts count Unicode characters in SQuAD and UTF-16 units here; where
 * neither fits or none is given, the first place counts.
 */
function placeOf({ text, start }: PlacedText, context: string): ContextAnswer {
  if (text === "") return { text, start: -1 };
  if (start !== undefined) {
    const units = Array.from(context).slice(0, start).join("").length;
    for (const place of [units, start]) if (context.startsWith(text, place)) return { text, start: place };
  }
  return { text, start: context.indexOf(text) };
}
