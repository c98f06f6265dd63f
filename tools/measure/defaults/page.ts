/** docs/defaults.md: one table per searched setting, a row per set and method, the studio's default marked. */
import { defaultExperiment } from "../../../src/config/experiment.ts";
import { flatten } from "../../../src/lib/paths.ts";
import { mean } from "../../../src/lib/statistics.ts";
import { methodKinds } from "../../../src/methods/index.schema.ts";
import { taskKinds } from "../../../src/tasks/index.schema.ts";
import { percent, table } from "../markdown.ts";
import type { DefaultsFile, GridResult } from "./results.ts";

/** Text of the page. Means over seeds, in percent; the studio's default is set in bold. */
export function defaultsPage({ grids }: DefaultsFile): string {
  const fields = [...new Set(grids.map(({ field }) => field))];
  return [
    "# Where the defaults come from",
    "Made by `npx tsx tools/measure/defaults.ts`, which goes on where it stopped; the numbers are in [defaults.json](defaults.json).",
    [
      "One setting at a time is varied, everything else stays at its default, on a built-in set per kind of task with the built-in",
      "model. A run trains on three quarters of the set's train part, drawn by the seed, and is scored after its last step on the",
      "fourth quarter; the evaluation part is not touched. Scores are means over the seeds, in percent; the default is **bold**. A",
      "quarter holds about a hundred texts, so differences below some points say little. A default is changed only when another value is",
      "better on every set, or when it fails on one.",
    ].join("\n"),
    ...fields.flatMap((field) => [`## \`${field}\``, gridTable(grids.filter((grid) => grid.field === field))]),
  ]
    .join("\n\n")
    .concat("\n");
}

function gridTable(grids: readonly GridResult[]): string {
  const rows = grids.map((grid) => {
    const values = [...new Set(grid.rows.map(({ value }) => value))];
    const seeds = new Set(grid.rows.map(({ seed }) => seed)).size;
    const { baseline, scoreName } = grid.rows[0] ?? { baseline: 0, scoreName: "" };
    const scores = values.map((value) => `${shown(grid, value)} ${percent(meanOf(grid, value))}`);
    return [grid.set, `\`${grid.method}\``, scores.join(" · "), scoreName, percent(baseline), `${seeds}`];
  });
  return table([["set", "method", "score of each value", "measured as", "without a model", "seeds"], ...rows]);
}

function shown({ method, task, field }: GridResult, value: number | string): string {
  return flatten(defaultOf(method, task))[field] === value ? `**${value}**` : `${value}`;
}

/** Settings a file's grid was made with, looked up by name, since a file may hold names of another version. */
function defaultOf(method: string, task: string): object {
  const kind = methodKinds.find((known) => known === method);
  return kind === undefined
    ? {}
    : defaultExperiment(
        kind,
        taskKinds.find((known) => known === task),
      );
}

function meanOf({ rows }: GridResult, value: number | string): number {
  return mean(rows.filter((row) => row.value === value).map(({ score }) => score));
}
