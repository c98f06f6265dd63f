/**
 * Reads labelled examples from CSV or TSV with a header, JSON Lines, or pasted lines. Pure: text in, examples or a report
 * out, every complaint with its line number. What the tokeniser makes of the texts is the worker's business.
 */
import type { TextExample } from "./example.ts";
import { readTable, type TableRow } from "./readTable.ts";

export interface LineProblem {
  /** Counted from 1 in the file. */
  readonly line: number;
  readonly message: string;
}

/** Which column plays which part. */
export interface ColumnMap {
  readonly text: string;
  readonly label: string;
  readonly textPair?: string;
}

export type ParsedExamples =
  | { readonly kind: "examples"; readonly examples: readonly TextExample[]; readonly leftOut: readonly LineProblem[] }
  | {
      readonly kind: "columns-needed";
      readonly columns: readonly string[];
      readonly guess: Partial<ColumnMap>;
      readonly message: string;
    }
  | { readonly kind: "problem"; readonly message: string; readonly lines: readonly LineProblem[] };

const NAMES = {
  text: ["text", "sentence", "sentence1", "premise", "review", "content", "title", "question"],
  label: ["label", "labels", "class", "category", "target", "sentiment", "tag"],
  textPair: ["text_pair", "textpair", "pair", "sentence2", "hypothesis", "text2"],
} as const;

/** Examples of one file or one paste. `columns` is the user's answer to `columns-needed`. */
export async function parseExamples(name: string, content: string, columns?: ColumnMap): Promise<ParsedExamples> {
  const text = content.replace(/^\uFEFF/, "");
  if (text.trim() === "") return problem(`${name} is empty. Expected one example per line with a text and a label.`);
  const rows = await readTable(name, text);
  if (rows.kind === "problem") return rows;
  const map = columns ?? guessColumns(rows.columns);
  if (!isComplete(map, rows.columns)) return columnsNeeded(name, rows.columns, map);
  return collect(name, rows.rows, map);
}

/** Columns whose names are usual for their part, compared without case. */
export function guessColumns(columns: readonly string[]): Partial<ColumnMap> {
  const find = (names: readonly string[]) => {
    for (const name of names) {
      const column = columns.find((candidate) => candidate.trim().toLowerCase() === name);
      if (column !== undefined) return column;
    }
    return undefined;
  };
  const text = find(NAMES.text);
  const label = find(NAMES.label);
  const textPair = find(NAMES.textPair);
  return { ...(text && { text }), ...(label && { label }), ...(textPair && { textPair }) };
}

function isComplete(map: Partial<ColumnMap>, columns: readonly string[]): map is ColumnMap {
  const { text, label, textPair } = map;
  const known = (column: string | undefined) => column !== undefined && columns.includes(column);
  return known(text) && known(label) && (textPair === undefined || known(textPair));
}

function columnsNeeded(name: string, columns: readonly string[], guess: Partial<ColumnMap>): ParsedExamples {
  const missing = [guess.text ? undefined : "text", guess.label ? undefined : "label"].filter((part) => part);
  const found = columns.map((column) => `"${column}"`).join(", ");
  const message = `${name} has no column called ${missing.join(" or ")}. Found ${found}. Choose which column is which.`;
  return { kind: "columns-needed", columns, guess, message };
}

function collect(name: string, rows: readonly TableRow[], map: ColumnMap): ParsedExamples {
  const examples: TextExample[] = [];
  const leftOut: LineProblem[] = [];
  for (const { line, cells, complaint } of rows) {
    const text = cells[map.text]?.trim() ?? "";
    const label = cells[map.label]?.trim() ?? "";
    const textPair = map.textPair === undefined ? undefined : cells[map.textPair]?.trim();
    if (complaint) leftOut.push({ line, message: complaint });
    else if (text === "") leftOut.push({ line, message: "no text" });
    else if (label === "") leftOut.push({ line, message: "no label" });
    else examples.push({ text, label, ...(textPair && { textPair }) });
  }
  if (examples.length === 0) return problem(`${name} has no row with both a text and a label.`, leftOut);
  return { kind: "examples", examples, leftOut };
}

/** What stands against training on these examples, in words; undefined when nothing does. */
export function trainingObstacle(
  train: readonly TextExample[],
  evaluation: readonly TextExample[] | undefined,
): string | undefined {
  const labels = new Set(train.map(({ label }) => label));
  if (labels.size < 2) {
    return `Every example has the label "${[...labels][0] ?? ""}". Expected at least two different labels to tell apart.`;
  }
  const unseen = [...new Set(evaluation?.map(({ label }) => label))].filter((label) => !labels.has(label));
  if (unseen.length === 0) return undefined;
  const listed = unseen.map((label) => `"${label}"`).join(", ");
  return `The evaluation examples have labels that training never sees: ${listed}. Add examples of them or remove those rows.`;
}

/** "lines 4, 9 and 12: no label" — one sentence per kind of complaint, at most eight line numbers each. */
export function describeLines(problems: readonly LineProblem[]): string {
  const byMessage = new Map<string, number[]>();
  for (const { line, message } of problems) byMessage.set(message, [...(byMessage.get(message) ?? []), line]);
  return [...byMessage].map(([message, lines]) => `${listLines(lines)}: ${message}`).join("; ");
}

function listLines(lines: readonly number[]): string {
  const shown = lines.slice(0, 8).join(", ");
  const more = lines.length > 8 ? ` and ${lines.length - 8} more` : "";
  return `${lines.length === 1 ? "line" : "lines"} ${shown}${more}`;
}

function problem(message: string, lines: readonly LineProblem[] = []): ParsedExamples {
  return { kind: "problem", message: lines.length > 0 ? `${message} ${describeLines(lines)}.` : message, lines };
}
