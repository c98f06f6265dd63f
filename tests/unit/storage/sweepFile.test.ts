/** Results of a sweep as JSON and as a table, some cells still open. */
import { expect, it } from "vitest";
import { parseSweep, planSweep } from "../../../src/config/sweep.ts";
import { encodeResults, encodeSweep, resultsTable, type CellResult } from "../../../src/storage/sweepFile.ts";
import { evaluation, facts } from "../store/support.ts";

const sweep = parseSweep({ axes: [{ field: "method.layers", values: ["top half", [1, 3]] }], seeds: [4] });
const cells = planSweep(sweep);
const result: CellResult = {
  outcome: "finished",
  facts,
  seed: { seed: 4, best: evaluation(20, 0.75), last: evaluation(40, 0.5), seconds: 2.5 },
};
const results = new Map([[cells[1]?.id ?? "", result]]);

it("gives one row per cell, an open one without figures, all of the same width", () => {
  const [header = [], open = [], done = []] = resultsTable(cells, results);
  expect([header.length, open.length, done.length]).toEqual([16, 16, 16]);
  const cell = (row: typeof header, name: string) => row[header.indexOf(name)];
  expect(open.slice(0, 4)).toEqual(["top half", 4, "open", undefined]);
  expect(done.slice(0, 4)).toEqual(["1+3", 4, "finished", "accuracy"]);
  expect(["best", "best step", "last", "seconds", "backend"].map((name) => cell(done, name))).toEqual([
    0.75,
    20,
    0.5,
    2.5,
    facts.backend,
  ]);
});

it("gives JSON that holds the sweep as it can be run again", () => {
  const { sweep: kept, cells: entries } = JSON.parse(encodeResults(sweep, cells, results));
  expect(parseSweep(kept)).toEqual(sweep);
  expect(parseSweep(JSON.parse(encodeSweep(sweep)))).toEqual(sweep);
  expect(entries).toMatchObject([
    { id: "method.layers=top_half,seed=4", outcome: "open" },
    { values: { "method.layers": [1, 3] }, seed: 4, outcome: "finished", best: { accuracy: 0.75 }, seconds: 2.5 },
  ]);
});
