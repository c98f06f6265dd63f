/** Whole runs with savings switched off, in micro-batches and with the cache: the same story, told in another way. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { parseExperiment, type Experiment } from "../../../src/config/experiment.ts";
import { savingsSchema, type TrainingSettings } from "../../../src/config/training.ts";
import type { Executor } from "../../../src/engine/executor.ts";
import type { TrainingEvent } from "../../../src/training/events.ts";
import { openExecutor } from "../../parity/executors.ts";
import { assertFreed, endOf, evaluationsOf, eventsOf, pointsOf, runToEnd, shortRun } from "./support.ts";

let executor: Executor;
beforeAll(async () => {
  executor = await openExecutor("wasm");
});
afterEach(() => assertFreed(executor));
afterAll(() => executor.dispose());

/** Prompts in the last of three layers only, so that there is something to keep. */
function topRun(training: Partial<TrainingSettings> = {}): Experiment {
  const run = shortRun("prefix-tuning", { steps: 16, evaluateEvery: 8, ...training });
  return parseExperiment({ ...run, method: { ...run.method, layers: [3] } });
}

function expectSameStory(actual: readonly TrainingEvent[], expected: readonly TrainingEvent[]): void {
  const losses = pointsOf(expected).map(({ loss }) => loss);
  expect(pointsOf(actual)).toHaveLength(losses.length);
  for (const [place, { loss }] of pointsOf(actual).entries())
    expect(Math.abs(loss - (losses[place] ?? 0))).toBeLessThan(1e-4);
  const scores = (events: readonly TrainingEvent[]) => evaluationsOf(events).map(({ accuracy }) => accuracy);
  expect(scores(actual)).toEqual(scores(expected));
}

describe("a run with prompts in the upper layers", () => {
  const off = Object.keys(savingsSchema.shape);
  let reference: TrainingEvent[];
  beforeAll(async () => {
    const none = savingsSchema.parse(Object.fromEntries(off.map((name) => [name, false])));
    reference = await runToEnd(topRun({ savings: none }), { executor });
  }, 60_000);

  it("keeps nothing when every saving is off", () => {
    expect(eventsOf(reference, "cache")).toEqual([]);
  });

  it("tells the same story with every saving", async () => {
    const events = await runToEnd(topRun(), { executor });
    expectSameStory(events, reference);
    const caches = eventsOf(events, "cache").map(({ cache }) => cache);
    // 30 texts to train on and 10 to evaluate on, each computed once.
    expect(caches.at(-1)).toMatchObject({ misses: 40, hits: 16 * 8 + 2 * 10 - 40, examples: 40 });
  });

  it.each(off)("tells the same story without %s", async (name) => {
    const savings = savingsSchema.parse({ [name]: false });
    expectSameStory(await runToEnd(topRun({ savings }), { executor }), reference);
  });

  it.each([1, 3])("tells the same story in micro-batches of %d", async (microBatch) => {
    expectSameStory(await runToEnd(topRun({ microBatch }), { executor }), reference);
  });

  it("keeps nothing when the cache has no room or nothing is visited twice", async () => {
    const small = await runToEnd(topRun({ cacheMegabytes: 0 }), { executor });
    expect(eventsOf(small, "cache")).toEqual([]);
    const short = await runToEnd(topRun({ steps: 1 }), { executor });
    expect(eventsOf(short, "cache")).toEqual([]);
  });
});

describe("a run of the head alone", () => {
  it("tells the same story from the cache", async () => {
    const [kept, whole] = [savingsSchema.parse({}), savingsSchema.parse({ frontier: false })];
    const events = await runToEnd(shortRun("head-only", { savings: kept }), { executor });
    expectSameStory(events, await runToEnd(shortRun("head-only", { savings: whole }), { executor }));
    expect(eventsOf(events, "cache").at(-1)?.cache.misses).toBe(40);
    expect(endOf(events).outcome).toBe("finished");
  });
});
