/** Writes comma-separated values (RFC 4180). Reading belongs to papaparse. */

export type CsvCell = string | number | null | undefined;

/** Rows → text with CRLF line ends; cells with commas, quotes or line breaks are quoted. */
export function toCsv(rows: readonly (readonly CsvCell[])[]): string {
  return rows.map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
}

function quoted(cell: CsvCell): string {
  const text = cell === null || cell === undefined ? "" : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
