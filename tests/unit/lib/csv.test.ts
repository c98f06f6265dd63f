/** Comma-separated values that any spreadsheet reads back. */
import papaparse from "papaparse";
import { expect, it } from "vitest";
import { toCsv } from "../../../src/lib/csv.ts";

it("writes plain cells plainly, with CRLF line ends", () => {
  expect(
    toCsv([
      ["step", "loss"],
      [1, 0.5],
    ]),
  ).toBe("step,loss\r\n1,0.5\r\n");
});

it("leaves missing cells empty", () => {
  expect(toCsv([[null, undefined, 0, ""]])).toBe(",,0,\r\n");
});

it("is undone by a CSV reader, whatever stands in the cells", () => {
  const rows = [
    ['say "hi"', "a,b", "two\nlines"],
    ["ü", "\r\n", '"'],
    [" spaced ", "'", ";"],
  ];
  expect(papaparse.parse(toCsv(rows).trimEnd()).data).toEqual(rows);
});
