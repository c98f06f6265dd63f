/** Maps of a sweep, from the runs of its cells. */
import { describe, expect, it } from "vitest";
import { cellRunId, parseSweep, planSweep } from "../../../src/config/sweep.ts";
import type { RunEntry } from "../../../src/store/runEntry.ts";
import { mapAxes, scoreRange, sweepMaps } from "../../../src/store/sweepMap.ts";
import { runOf } from "./support.ts";

const layers = { field: "method.layers", values: ["top 1", [1, 3]] };
const lengths = { field: "method.promptLength", values: [1, 4] };
const steps = { field: "training.steps", values: [10, 20] };
const sweep = parseSweep({ axes: [layers, steps, lengths], seeds: [1, 2] });
const cells = planSweep(sweep);

const runs: RunEntry[] = cells.slice(0, 10).map(({ id, experiment }, index) => {
  const run = runOf(cellRunId("s", id), experiment, index < 9 ? [0.5 + index / 100] : []);
  return index === 3 ? { ...run, status: "failed" } : run;
});

describe("a map", () => {
  it("has length to the right and depth downwards, whatever the order of the axes", () => {
    expect(mapAxes(sweep)).toEqual({ column: lengths, row: layers, others: [steps] });
    expect(mapAxes({ ...sweep, axes: [layers] })).toEqual({ column: layers, row: undefined, others: [] });
    expect(mapAxes({ ...sweep, axes: [steps, layers] })).toEqual({ column: steps, row: layers, others: [] });
  });

  it("stands for every value of the axes it does not show", () => {
    const maps = sweepMaps("s", sweep, cells, runs);
    expect(maps.map(({ fixed }) => fixed)).toEqual([
      [{ field: "training.steps", value: 10 }],
      [{ field: "training.steps", value: 20 }],
    ]);
  });

  it("gives means over the seeds that have ended, and what is live, failed or open", () => {
    const [short, long] = sweepMaps("s", sweep, cells, runs);
    // Cells 0 to 7 are the first seed: layers, then steps, then lengths.
    expect(short?.squares.map((row) => row.map(({ mean, finished }) => [mean, finished.length]))).toEqual([
      [
        [(0.5 + 0.58) / 2, 2],
        [0.51, 1],
      ],
      [
        [0.54, 1],
        [0.55, 1],
      ],
    ]);
    expect(short?.squares[0]?.[1]?.live?.id).toBe(runs[9]?.id);
    expect(long?.squares[0]?.[1]).toMatchObject({ finished: [], failed: [{ id: runs[3]?.id }], seeds: 2 });
    expect(long?.squares[0]?.[1]?.mean).toBeUndefined();
  });

  it("has one scale for all", () => {
    expect(scoreRange(sweepMaps("s", sweep, cells, runs))).toEqual([0.51, expect.closeTo(0.57, 9)]);
    expect(scoreRange(sweepMaps("s", sweep, cells, []))).toBeUndefined();
  });

  it("knows nothing of the runs of another sweep", () => {
    expect(scoreRange(sweepMaps("another", sweep, cells, runs))).toBeUndefined();
  });
});
