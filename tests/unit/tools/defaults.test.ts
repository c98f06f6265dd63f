import { expect, it } from "vitest";
import { defaultExperiment } from "../../../src/config/experiment.ts";
import { planSweep } from "../../../src/config/sweep.ts";
import { flatten } from "../../../src/lib/paths.ts";
import { grids } from "../../../tools/measure/defaults/plan.ts";
import { defaultsPage } from "../../../tools/measure/defaults/page.ts";
import { withGrid, type DefaultsFile, type GridResult } from "../../../tools/measure/defaults/results.ts";

it.each(grids())("$id is a sweep that contains the default", ({ task, method, axis }) => {
  const cells = planSweep({ base: { task: { kind: task }, method: { kind: method } }, axes: [axis], seeds: [1] });
  const tried = cells.map(({ values }) => values[axis.field]);
  expect(tried).toContain(flatten(defaultExperiment(method, task))[axis.field]);
});

const rowOf = (value: number, seed: number, score: number): GridResult["rows"][number] => ({
  value,
  seed,
  score,
  scoreName: "accuracy",
  baseline: 0.5,
  seconds: 1,
});
const result: GridResult = {
  set: "sentiment",
  task: "sequence-classification",
  method: "prefix-tuning",
  field: "method.promptLength",
  rows: [rowOf(4, 1, 0.7), rowOf(4, 2, 0.8), rowOf(16, 1, 0.9)],
};
const empty: DefaultsFile = { about: "", grids: [] };

it("shows means over seeds and sets the default in bold", () => {
  expect(defaultsPage(withGrid(empty, result))).toContain(
    "| sentiment | `prefix-tuning` | 4 75.0 · **16** 90.0 | accuracy | 50.0 | 2 |",
  );
});

it("replaces a grid's earlier result and keeps the others", () => {
  const other = { ...result, set: "entities" };
  const longer = { ...result, rows: [...result.rows, rowOf(16, 2, 0.8)] };
  const file = [result, other, longer].reduce(withGrid, empty);
  expect(file.grids).toEqual([longer, other]);
});
