/** Whole sweeps of tiny-bert on TensorFlow.js' wasm backend: stopped and resumed, in another order, with cells that fail. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { parseSweep, planSweep, type SweepCell } from "../../../src/config/sweep.ts";
import { secondsLeft } from "../../../src/config/sweepProgress.ts";
import type { Executor } from "../../../src/engine/executor.ts";
import { runSweep, type FinishedCell, type SweepEvent, type SweepOptions } from "../../../src/experiments/sweep.ts";
import { sweepCost } from "../../../src/experiments/sweepCost.ts";
import { createRunControl, type RunControl } from "../../../src/training/control.ts";
import type { TrainingEvent } from "../../../src/training/events.ts";
import { openExecutor } from "../../parity/executors.ts";
import { fixtureModel } from "../../parity/models.ts";
import { assertFreed, numbersOf, opinions } from "../training/support.ts";

const sweep = parseSweep({
  base: {
    model: "tiny-bert",
    method: { kind: "prefix-tuning", initialScale: 0.5 },
    training: { learningRate: 0.03, steps: 6, batchSize: 8, evaluateEvery: 3 },
    examplesPerClass: 8,
  },
  axes: [
    { field: "method.promptLength", values: [1, 4] },
    { field: "method.layers", values: ["top 1", "all"] },
  ],
  seeds: [1, 2],
});
const cells = planSweep(sweep);

let executor: Executor;
/** An undisturbed sweep, which others are compared with. */
let reference: SweepEvent[];

beforeAll(async () => {
  executor = await openExecutor("wasm");
  reference = await sweepToEnd();
});
afterEach(() => assertFreed(executor));
afterAll(() => executor.dispose());

const sources: SweepOptions["sources"] = {
  model: () => fixtureModel("tiny-bert"),
  examples: async () => opinions,
  executor: async () => executor,
};

interface SweepRun extends Partial<SweepOptions> {
  readonly onEvent?: (event: SweepEvent, control: RunControl) => void;
}

async function sweepToEnd({ onEvent, ...options }: SweepRun = {}): Promise<SweepEvent[]> {
  const control = options.control ?? createRunControl();
  const events: SweepEvent[] = [];
  for await (const event of runSweep({ cells, finished: [], control, sources, ...options })) {
    events.push(event);
    onEvent?.(event, control);
  }
  return events;
}

/** What the runs of the finished cells told, by the cell's id, without times. */
function numbersByCell(events: readonly SweepEvent[]): Map<string, object> {
  const told = new Map<string, TrainingEvent[]>();
  for (const event of events) {
    if (event.kind === "cell-event") told.set(event.cell.id, [...(told.get(event.cell.id) ?? []), event.event]);
  }
  const whole = [...told].filter(([, run]) => run.at(-1)?.kind === "finished");
  return new Map(whole.map(([id, run]) => [id, numbersOf(run)]));
}

/** As a caller keeps them between two sittings. */
function finishedOf(events: readonly SweepEvent[]): FinishedCell[] {
  const done = numbersByCell(events);
  return events.flatMap((event) =>
    event.kind === "cell-started" && done.has(event.cell.id) ? [{ id: event.cell.id, ...event.origin }] : [],
  );
}

const startedIn = (events: readonly SweepEvent[]): string[] =>
  events.flatMap((event) => (event.kind === "cell-started" ? [event.cell.id] : []));
const idsOf = (some: readonly SweepCell[]): string[] => some.map(({ id }) => id);

describe("a sweep", () => {
  it("runs every cell once, in the order of the plan", () => {
    expect(startedIn(reference)).toEqual(idsOf(cells));
    expect([...numbersByCell(reference).keys()]).toEqual(idsOf(cells));
    expect(reference.at(-1)).toEqual({ kind: "ended", outcome: "finished", failed: 0 });
    expect(new Set([...numbersByCell(reference).values()].map((numbers) => JSON.stringify(numbers))).size).toBe(8);
  });

  it("stopped half-way and resumed repeats no finished cell and gives the same numbers", async () => {
    const first = await sweepToEnd({
      onEvent(event, control) {
        const isThird = "cell" in event && event.cell.id === cells[2]?.id;
        if (isThird && event.kind === "cell-event" && event.event.kind === "steps") control.stop();
      },
    });
    expect(startedIn(first)).toEqual(idsOf(cells.slice(0, 3)));
    expect(first.slice(-2)).toEqual([
      { kind: "cell-dropped", cell: cells[2] },
      { kind: "ended", outcome: "stopped", failed: 0 },
    ]);
    const rest = await sweepToEnd({ finished: finishedOf(first) });
    expect(startedIn(rest)).toEqual(idsOf(cells.slice(2)));
    expect(new Map([...numbersByCell(first), ...numbersByCell(rest)])).toEqual(numbersByCell(reference));
  });

  it("gives a cell the same numbers whatever ran before it", async () => {
    const backwards = await sweepToEnd({ cells: cells.toReversed() });
    expect(startedIn(backwards)).toEqual(idsOf(cells.toReversed()));
    const [forward, backward] = [numbersByCell(reference), numbersByCell(backwards)];
    for (const { id } of cells) expect(backward.get(id)).toEqual(forward.get(id));
  });

  it("stopped before the first evaluation of its first cell keeps nothing", async () => {
    const control = createRunControl();
    control.stop();
    expect(await sweepToEnd({ control })).toEqual([{ kind: "ended", outcome: "stopped", failed: 0 }]);
    const early = await sweepToEnd({ onEvent: (event, running) => event.kind === "cell-started" && running.stop() });
    expect(early.map(({ kind }) => kind)).toEqual(["cell-started", "cell-event", "cell-dropped", "ended"]);
  });

  it("tells which cell cannot be trained, and goes on", async () => {
    const tooLong = { field: "method.promptLength", values: [1, 64] };
    const some = planSweep({ ...sweep, axes: [tooLong], seeds: [1] });
    const events = await sweepToEnd({ cells: some });
    const failed = events.find((event) => event.kind === "cell-failed");
    expect(failed?.message).toMatch(/leaves .* positions for text/);
    expect(failed?.cell.id).toBe(some[1]?.id);
    expect([...numbersByCell(events).keys()]).toEqual([some[0]?.id]);
    expect(events.at(-1)).toEqual({ kind: "ended", outcome: "finished", failed: 1 });
  });

  it.each([
    ["dataHash", /trained on other examples/],
    ["modelHash", /trained with another model/],
    ["backend", /computed by other; this would go on with wasm/],
  ] as const)("refuses to go on after cells of another %s", async (key, message) => {
    const [first] = finishedOf(reference);
    if (first === undefined) throw new Error("The reference has finished cells.");
    await expect(sweepToEnd({ finished: [{ ...first, [key]: "other" }] })).rejects.toThrow(message);
  });
});

describe("the cost of a sweep", () => {
  it("counts the steps and the arithmetic of every cell, more where more is trained", async () => {
    const { cells: costs, problems } = await sweepCost(cells, sources);
    expect(costs.map(({ id, steps }) => [id, steps])).toEqual(cells.map(({ id }) => [id, 6]));
    expect(problems).toEqual([]);
    const [top, all] = costs;
    expect(top?.flops).toBeGreaterThan(0);
    expect(all?.flops).toBeGreaterThan(top?.flops ?? Infinity);
    expect(costs[4]?.flops).toBe(top?.flops);
  });

  it("tells once why cells cannot be trained, and how many", async () => {
    const tooLong = { field: "method.promptLength", values: [1, 64] };
    const { problems } = await sweepCost(planSweep({ ...sweep, axes: [tooLong] }), sources);
    expect(problems).toEqual([{ message: expect.stringMatching(/leaves .* positions/), cells: 2 }]);
  });

  it("says how long the rest takes at the speed of what was measured", () => {
    const costs = [1, 1, 2, 4].map((flops, index) => ({ id: `${index}`, steps: 10, flops }));
    expect(secondsLeft(costs, new Map())).toBeUndefined();
    expect(secondsLeft(costs, new Map([["0", 5]]))).toBe(35);
    expect(secondsLeft(costs, new Map([["0", 5]]), new Set(["3"]))).toBe(15);
    const unknown = costs.map((cost) => ({ ...cost, flops: 0 }));
    expect(secondsLeft(unknown, new Map([["0", 5]]))).toBe(15);
  });
});
