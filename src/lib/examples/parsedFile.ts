/** What comes of reading a file of examples: the examples, or why there are none. */
import type { LineProblem } from "./parseExamples.ts";

export type ParsedFile<Kind> =
  | { readonly kind: "examples"; readonly examples: readonly Kind[]; readonly leftOut: readonly LineProblem[] }
  | { readonly kind: "problem"; readonly message: string; readonly lines: readonly LineProblem[] };

/** A row of a file, or why it cannot be used. */
export type Row<Kind> =
  { readonly line: number; readonly value: Kind } | { readonly line: number; readonly complaint: string };

/** Rows that can be used as examples; a problem when there are none. `expected` ends the message. */
export function collectRows<Kind>(name: string, rows: readonly Row<Kind>[], expected: string): ParsedFile<Kind> {
  const examples = rows.flatMap((row) => ("value" in row ? [row.value] : []));
  const leftOut = rows.flatMap((row) => ("value" in row ? [] : [{ line: row.line, message: row.complaint }]));
  if (examples.length > 0) return { kind: "examples", examples, leftOut };
  const first = leftOut[0];
  const reason = first === undefined ? "it is empty" : `line ${first.line}: ${first.message}`;
  return {
    kind: "problem",
    message: `${name} has no example that can be used (${reason}). ${expected}`,
    lines: leftOut,
  };
}

/** The objects of JSON Lines with their line numbers; empty lines are passed over. */
export function readObjects(text: string): Row<Readonly<Record<string, unknown>>>[] {
  return text.split("\n").flatMap((source, index) => {
    if (source.trim() === "") return [];
    return [{ line: index + 1, ...objectOf(source) }];
  });
}

function objectOf(source: string): { value: Readonly<Record<string, unknown>> } | { complaint: string } {
  try {
    const value: unknown = JSON.parse(source);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return { complaint: "not a JSON object" };
    return { value: Object.fromEntries(Object.entries(value)) };
  } catch {
    return { complaint: "not valid JSON" };
  }
}
