/** The plan of a sweep: which cells, in which order, with which settings, and what is refused. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { completeExperiment, defaultExperiment } from "../../../src/config/experiment.ts";
import { mostCells, parseSweep, planSweep, type Sweep } from "../../../src/config/sweep.ts";

const grid = parseSweep({
  base: { method: { kind: "prefix-tuning" }, training: { steps: 60 }, examplesPerClass: 16 },
  axes: [
    { field: "method.promptLength", values: [1, 4] },
    { field: "method.layers", values: ["top 1", [1, 3]] },
  ],
  seeds: [7, 3],
});

describe("a plan", () => {
  const cells = planSweep(grid);

  it("has a cell for every combination and seed, all combinations of the first seed before the next", () => {
    expect(cells.map(({ id }) => id)).toEqual([
      "method.promptLength=1,method.layers=top_1,seed=7",
      "method.promptLength=1,method.layers=1+3,seed=7",
      "method.promptLength=4,method.layers=top_1,seed=7",
      "method.promptLength=4,method.layers=1+3,seed=7",
      "method.promptLength=1,method.layers=top_1,seed=3",
      "method.promptLength=1,method.layers=1+3,seed=3",
      "method.promptLength=4,method.layers=top_1,seed=3",
      "method.promptLength=4,method.layers=1+3,seed=3",
    ]);
  });

  it("gives every cell the base over the defaults, its values and its one seed", () => {
    expect(cells[5]).toMatchObject({
      values: { "method.promptLength": 1, "method.layers": [1, 3] },
      seed: 3,
    });
    expect(cells[5]?.experiment).toEqual(
      completeExperiment({
        method: { kind: "prefix-tuning", promptLength: 1, layers: [1, 3] },
        training: { steps: 60 },
        examplesPerClass: 16,
        seed: 3,
      }),
    );
  });

  it("keeps the ids and settings of cells when an axis grows", () => {
    const [lengths, layers] = grid.axes;
    if (lengths === undefined || layers === undefined) throw new Error("The grid has two axes.");
    const longer = planSweep({ ...grid, axes: [{ ...lengths, values: [64, 1, 4] }, layers], seeds: [3, 5, 7] });
    const byId = new Map(longer.map((cell) => [cell.id, cell]));
    expect(longer).toHaveLength(18);
    for (const cell of cells) expect(byId.get(cell.id)).toEqual(cell);
  });

  it("takes a method's own defaults where methods are compared", () => {
    const methods = ["head-only", "lora"] as const;
    const compared = planSweep(parseSweep({ axes: [{ field: "method.kind", values: methods }] }));
    expect(compared.map(({ experiment }) => experiment)).toEqual(methods.map((kind) => defaultExperiment(kind)));
  });

  it("varies whole branches, with an id that can name a folder", () => {
    const data = [
      { kind: "built-in", id: "topic" },
      { kind: "own", name: "../my data_1.csv" },
    ];
    const [, own] = planSweep(parseSweep({ axes: [{ field: "data", values: data }] }));
    expect(own?.experiment.data).toEqual(data[1]);
    expect(own?.id).toMatch(/^[A-Za-z0-9.+_%=,-]+$/);
  });

  it("is that of the sweep that ships as an example", () => {
    const shipped: unknown = JSON.parse(
      readFileSync(new URL("../../../public/sweeps/length-depth.json", import.meta.url), "utf8"),
    );
    expect(planSweep(parseSweep(shipped))).toHaveLength(4 * 3 * 2);
  });
});

const lengths = { field: "method.promptLength", values: [1, 4] };
const refused: readonly (readonly [string, unknown, RegExp])[] = [
  ["no axis", { axes: [] }, /"axes" is empty. Add at least one/],
  ["an empty axis", { axes: [{ field: "training.steps", values: [] }] }, /"training.steps" has no values. Give/],
  ["no seed", { axes: [lengths], seeds: [] }, /at least one seed in "seeds", got none/],
  [
    "an unknown field",
    { axes: [{ field: "method.promtLength", values: [1] }] },
    /axis "method.promtLength": prefix-tuning has no setting "method.promtLength"; expected one of method.promptLength,/,
  ],
  [
    "an unknown saving",
    { axes: [{ field: "training.savings.speed", values: [true] }] },
    /no setting "training.savings.speed"; expected one of training.savings.frozenWeights/,
  ],
  [
    "a field at the wrong place",
    { axes: [{ field: "steps", values: [1] }] },
    /no setting "steps"; expected one of model/,
  ],
  ["a field that is no path", { axes: [{ field: "a b", values: [1] }] }, /expected the path of a setting/],
  [
    "a field that one of the methods lacks",
    { axes: [{ field: "method.kind", values: ["prefix-tuning", "lora"] }, lengths] },
    /axis "method.promptLength": lora has no setting "method.promptLength"/,
  ],
  [
    "a value outside the limits",
    { axes: [{ field: "method.promptLength", values: [4, 500] }] },
    /axis "method.promptLength": Expected at most 128, got 500. Change it or leave it out/,
  ],
  [
    "layers that are none",
    { axes: [{ field: "method.layers", values: ["top 0"] }] },
    /axis "method.layers": Expected "all", "top half".*got "top 0"/,
  ],
  [
    "an unknown method",
    { axes: [{ field: "method.kind", values: ["magic"] }] },
    /method.kind: expected one of.*"magic"/,
  ],
  ["a value twice", { axes: [{ field: "method.promptLength", values: [4, 4] }] }, /has the value 4 twice/],
  ["a seed twice", { axes: [lengths], seeds: [1, 1] }, /"seeds" has the value 1 twice/],
  ["two axes of one thing", { axes: [lengths, { field: "method", values: [{ kind: "lora" }] }] }, /set the same thing/],
  ["seeds as an axis", { axes: [{ field: "seed", values: [1] }] }, /"seed" cannot be an axis. List seeds in "seeds"/],
  ["a seed in the base", { base: { seed: 4 }, axes: [lengths] }, /"base" may not set "seed"/],
  [
    "an unknown setting of the base",
    { base: { training: { stepz: 4 } }, axes: [lengths] },
    /^"base": .*no setting "training.stepz"/,
  ],
  [
    "a base outside the limits",
    { base: { training: { steps: 0 } }, axes: [lengths] },
    /"base": training.steps: Expected at least 1, got 0/,
  ],
  [
    "too many cells",
    {
      axes: [lengths, { field: "training.steps", values: Array.from({ length: 126 }, (_, step) => step + 1) }],
      seeds: [1, 2],
    },
    new RegExp(`504 cells \\(2 × 126 × 2.*at most ${mostCells}. Leave out values or seeds`),
  ],
  ["something else", { runs: 4 }, /^This sweep cannot be used/],
];

describe("a sweep is refused with", () => {
  it.each(refused)("%s", (_what, input, message) => {
    expect(() => parseSweep(input)).toThrow(message);
  });

  it("as many cells as allowed it is not", () => {
    const steps = Array.from({ length: mostCells }, (_, step) => step + 1);
    const sweep: Sweep = { base: {}, axes: [{ field: "training.steps", values: steps }], seeds: [1] };
    expect(planSweep(sweep)).toHaveLength(mostCells);
  });
});
