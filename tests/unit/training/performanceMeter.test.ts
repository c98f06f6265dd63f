/** The figures of a run's performance against the run itself: steps, tokens, time and memory. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseExperiment } from "../../../src/config/experiment.ts";
import type { Executor } from "../../../src/engine/executor.ts";
import { openExecutor } from "../../parity/executors.ts";
import { endOf, eventsOf, pointsOf, runToEnd, shortRun } from "./support.ts";

let executor: Executor;
beforeAll(async () => {
  executor = await openExecutor("wasm");
});
afterAll(() => executor.dispose());

it("tells what the steps of a run took", async () => {
  const run = shortRun("prefix-tuning", { steps: 12, batchSize: 4, evaluateEvery: 4 });
  const experiment = parseExperiment({ ...run, method: { ...run.method, layers: [3] } });
  const held: number[] = [];
  const events = await runToEnd(experiment, {
    executor,
    onEvent: ({ kind }) => kind === "performance" && held.push(executor.allocatedBytes()),
  });
  const figures = eventsOf(events, "performance").map(({ performance }) => performance);
  const last = figures.at(-1);
  if (last === undefined) throw new Error("The run told nothing of its performance.");
  expect(last.steps).toBe(pointsOf(events).length);
  // Four texts of three words in a step, between [CLS] and [SEP].
  expect(last.tokens).toBe(12 * 4 * 5);
  const { memory, timing, seconds, cache } = last;
  expect(timing.deviceSeconds + timing.waitSeconds + timing.encodeSeconds).toBeLessThanOrEqual(seconds);
  expect(timing.deviceSeconds).toBeGreaterThan(0);
  expect(timing.dispatches % 12).toBe(0);
  // Evaluations are not counted.
  expect(seconds).toBeLessThan(endOf(events).record.seconds);
  expect(memory.cache).toBe(cache?.bytes);
  expect(memory.cache).toBeGreaterThan(0);
  for (const [place, { memory: parts }] of figures.entries()) {
    expect(Object.values(parts).reduce((sum, bytes) => sum + bytes, 0)).toBe(held[place]);
  }
});
