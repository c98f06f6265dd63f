/**
 * Text of a file → rows with line numbers and named cells. Knows CSV and TSV (papaparse, loaded on first use), JSON Lines
 * and plain pasted lines; knows nothing about what the columns mean.
 */
import type { LineProblem } from "./parseExamples.ts";

export interface TableRow {
  readonly line: number;
  readonly cells: Readonly<Record<string, string>>;
  /** Why the row cannot be read. */
  readonly complaint?: string;
}

export type Table =
  | { readonly kind: "table"; readonly columns: readonly string[]; readonly rows: readonly TableRow[] }
  | { readonly kind: "problem"; readonly message: string; readonly lines: readonly LineProblem[] };

/** Reads by the file's ending; text without a known ending is recognised by its first line. */
export async function readTable(name: string, text: string): Promise<Table> {
  const ending = /\.(\w+)$/.exec(name)?.[1]?.toLowerCase();
  const firstLine = text.trimStart().split("\n", 1)[0] ?? "";
  if (ending === "jsonl" || ending === "ndjson" || firstLine.startsWith("{")) return readJsonLines(text);
  if (ending === "json" || firstLine.startsWith("[")) return jsonIsNotLines(name);
  if (ending === "tsv" || ending === "tab") return readDelimited(text, "\t");
  if (ending === "csv") return readDelimited(text, "");
  return isPastedLine(firstLine) ? readPastedLines(name, text) : readDelimited(text, "");
}

function jsonIsNotLines(name: string): Table {
  const message = `${name} is one JSON value. Expected JSON Lines: one object like {"text": "…", "label": "…"} per line.`;
  return { kind: "problem", message, lines: [] };
}

/** `the text | the label`, or text and label around a tab without a header; anything else with separators has a header. */
function isPastedLine(firstLine: string): boolean {
  const cells = firstLine.toLowerCase().split(/[,;\t]/);
  const hasHeader = cells.some((cell) => ["text", "label", "sentence"].includes(cell.trim().replaceAll('"', "")));
  return !hasHeader && (/[|\t]/.test(firstLine) || cells.length === 1);
}

/** With an empty delimiter papaparse finds out whether commas, semicolons or tabs separate the cells. */
async function readDelimited(text: string, delimiter: string): Promise<Table> {
  const { default: papaparse } = await import("papaparse");
  // The empty line after the last one would count as a row of one cell when papaparse guesses the separator.
  const { data } = papaparse.parse<string[]>(text.trimEnd(), { delimiter, skipEmptyLines: false });
  const [header = [], ...body] = data;
  const columns = header.map((column) => column.trim()).filter((column) => column !== "");
  const rows: TableRow[] = [];
  let line = 1 + lineBreaks(header);
  for (const values of body) {
    line += 1;
    if (values.some((value) => value.trim() !== "")) rows.push(delimitedRow(line, header, values));
    line += lineBreaks(values);
  }
  return { kind: "table", columns, rows };
}

function delimitedRow(line: number, header: readonly string[], values: readonly string[]): TableRow {
  const cells = Object.fromEntries(header.map((column, index) => [column.trim(), values[index] ?? ""]));
  if (values.length <= header.length) return { line, cells };
  return {
    line,
    cells,
    complaint: `${values.length} cells, but the header has ${header.length}; quote texts with commas`,
  };
}

/** Line breaks inside quoted cells move every later row down. */
function lineBreaks(values: readonly string[]): number {
  return values.reduce((sum, value) => sum + (value.match(/\n/g)?.length ?? 0), 0);
}

function readJsonLines(text: string): Table {
  const columns = new Set<string>();
  const rows: TableRow[] = [];
  text.split("\n").forEach((source, index) => {
    if (source.trim() === "") return;
    const row = jsonRow(index + 1, source);
    for (const column of Object.keys(row.cells)) columns.add(column);
    rows.push(row);
  });
  if (columns.size > 0) return { kind: "table", columns: [...columns], rows };
  const message = 'No line is a JSON object. Expected one like {"text": "…", "label": "…"} per line.';
  return {
    kind: "problem",
    message,
    lines: rows.map(({ line, complaint = "no values" }) => ({ line, message: complaint })),
  };
}

function jsonRow(line: number, source: string): TableRow {
  try {
    const value: unknown = JSON.parse(source);
    if (typeof value !== "object" || value === null) return { line, cells: {}, complaint: "not a JSON object" };
    return { line, cells: Object.fromEntries(Object.entries(value).map(([key, cell]) => [key, cellText(cell)])) };
  } catch {
    return { line, cells: {}, complaint: "not valid JSON" };
  }
}

function cellText(cell: unknown): string {
  return typeof cell === "string" || typeof cell === "number" || typeof cell === "boolean" ? String(cell) : "";
}

/** One example per line: the text, a tab or a bar, the label. */
function readPastedLines(name: string, text: string): Table {
  const rows: TableRow[] = [];
  text.split("\n").forEach((source, index) => {
    if (source.trim() === "") return;
    const cut = Math.max(source.lastIndexOf("\t"), source.lastIndexOf("|"));
    const cells = { text: cut < 0 ? source : source.slice(0, cut), label: cut < 0 ? "" : source.slice(cut + 1) };
    rows.push({ line: index + 1, cells });
  });
  if (rows.some(({ cells }) => cells["label"] !== "")) return { kind: "table", columns: ["text", "label"], rows };
  const expected = 'a header with the columns text and label, JSON Lines, or lines like "the text | the label"';
  return { kind: "problem", message: `No labels found in ${name}. Expected ${expected}.`, lines: [] };
}
