/** `sweep` on the command line as a process that is really killed: what is finished stays, what follows gives the same numbers. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readTable } from "../../src/lib/examples/readTable.ts";
import { sweepCommand, type EndedSweep } from "../setup/sweepCommand.ts";

const sweep = {
  base: {
    data: { kind: "own", name: "words" },
    training: { steps: 4, batchSize: 4, evaluateEvery: 2, maxTokens: 8 },
    backend: "wasm",
  },
  axes: [
    { field: "method.promptLength", values: [1, 2] },
    { field: "method.layers", values: ["top 1", "top half"] },
  ],
  seeds: [3],
};
const rows = ["a good film,positive", "a bad film,negative", "warm and funny,positive", "cold and dull,negative"];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sweep-"));
  writeFileSync(join(folder, "sweep.json"), JSON.stringify(sweep));
  writeFileSync(join(folder, "words.csv"), ["text,label", ...rows].join("\n"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the sweep of the folder; `killAfter` kills it when so many cells are told. */
function sweepInto(out: string, { killAfter = Infinity, config = "sweep.json" } = {}): Promise<EndedSweep> {
  const files = { config, train: "words.csv", eval: "words.csv", out };
  const paths = Object.entries(files).map(([name, file]) => [name, join(folder, file)]);
  return sweepCommand(Object.fromEntries(paths), killAfter);
}

/** The results without times. */
function resultsOf(out: string): object[] {
  const { cells } = JSON.parse(readFileSync(join(folder, out, "results.json"), "utf8"));
  return cells.map(({ seconds: _seconds, ...cell }: { seconds: number }) => cell);
}

describe("a sweep that is killed half-way", () => {
  let whole: EndedSweep;
  let killed: EndedSweep;
  let resumed: EndedSweep;
  /** When each finished cell of the killed sweep was written. */
  let written: Map<string, number>;

  beforeAll(async () => {
    whole = await sweepInto("whole");
    killed = await sweepInto("halves", { killAfter: 2 });
    written = timesOf("halves");
    resumed = await sweepInto("halves");
  });

  const timesOf = (out: string): Map<string, number> =>
    new Map(
      readdirSync(join(folder, out, "cells")).flatMap((cell) => {
        const path = join(folder, out, "cells", cell, "run.json");
        const time = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
        return time === undefined ? [] : [[cell, time] as const];
      }),
    );

  it("told its cost first, then every cell", () => {
    expect(whole.code).toBe(0);
    expect(whole.lines[0]).toMatchObject({ sweep: { cells: 4, done: 0, steps: 16, problems: [] } });
    expect(whole.cells).toHaveLength(4);
    expect(whole.lines.at(-1)).toEqual({ final: { outcome: "finished", cells: 4, done: 4, failed: 0 } });
  });

  it("is finished by the same command without repeating a cell", () => {
    expect(killed.code).toBeNull();
    expect(written.size).toBeGreaterThanOrEqual(2);
    expect(written.size).toBeLessThan(4);
    expect(resumed.cells).toEqual(whole.cells.slice(written.size));
    for (const [cell, time] of written) expect(timesOf("halves").get(cell)).toBe(time);
  });

  it("has the same numbers as one that was left alone", () => {
    expect(resultsOf("whole").map((cell) => Object.hasOwn(cell, "best"))).toEqual(
      Array.from({ length: 4 }, () => true),
    );
    expect(resultsOf("halves")).toEqual(resultsOf("whole"));
  });

  it("wrote the same into a table for other programs", async () => {
    const table = await readTable("results.csv", readFileSync(join(folder, "halves", "results.csv"), "utf8"));
    if (table.kind !== "table") throw new Error(table.message);
    const best = JSON.parse(readFileSync(join(folder, "halves", "results.json"), "utf8")).cells.map(
      ({ seed, best: { accuracy } }: { seed: number; best: { accuracy: number } }) => [String(seed), String(accuracy)],
    );
    expect(table.columns.slice(0, 3)).toEqual(["method.promptLength", "method.layers", "seed"]);
    expect(table.rows.map(({ cells }) => [cells["seed"], cells["best"]])).toEqual(best);
  });

  it("does not take a folder for another sweep", async () => {
    const other = { ...sweep, base: { ...sweep.base, training: { ...sweep.base.training, steps: 5 } } };
    writeFileSync(join(folder, "other.json"), JSON.stringify(other));
    const refused = await sweepInto("halves", { config: "other.json" });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/holds another sweep: its cell .* was trained with training.steps 4, expected 5/);
  });
});
