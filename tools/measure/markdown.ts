/** What the pages of measured figures are made of. */

/** A Markdown table; the first row is its head. */
export function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A share in percent, with one decimal and without the sign. */
export function percent(share: number): string {
  return (100 * share).toFixed(1);
}
