/** Reads sources with targets, or texts alone, from JSON Lines, CSV or TSV with the columns `source` and `target`, or `text`. */
import type { ContinuationExample, ContinuationInput } from "./example.ts";
import { collectRows, type ParsedFile, type Row } from "./parsedFile.ts";
import { readTable } from "./readTable.ts";

const expected = 'Expected lines like {"source": "name : Zizzi", "target": "Zizzi is a pub."} or {"text": "…"}.';

/** Examples to learn from; a text alone is a target without a source. */
export async function parseContinuations(name: string, content: string): Promise<ParsedFile<ContinuationExample>> {
  const table = await readTable(name, content.replace(/^\uFEFF/, ""));
  if (table.kind === "problem") return table;
  const rows = table.rows.map(({ line, cells, complaint }): Row<ContinuationExample> => {
    const target = cells["target"] ?? cells["text"] ?? "";
    if (complaint !== undefined) return { line, complaint };
    if (target.trim() === "") return { line, complaint: "no target" };
    return { line, value: { source: cells["source"] ?? "", target } };
  });
  return collectRows(name, rows, expected);
}

/** Sources to continue; targets in the file are left aside. */
export async function parseSources(name: string, content: string): Promise<ParsedFile<ContinuationInput>> {
  const table = await readTable(name, content.replace(/^\uFEFF/, ""));
  if (table.kind === "problem") return table;
  const rows = table.rows.map(({ line, cells, complaint }): Row<ContinuationInput> => {
    const source = cells["source"] ?? cells["text"] ?? "";
    if (complaint !== undefined) return { line, complaint };
    return source.trim() === "" ? { line, complaint: "no source" } : { line, value: { source } };
  });
  return collectRows(name, rows, expected);
}
