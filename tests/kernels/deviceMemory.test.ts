/** A device with too little memory: runs fall back to smaller micro-batches, say so, and end with the same results. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OutOfDeviceMemoryError } from "../../src/engine/executor.ts";
import { createWebGpuExecutor, type ExecutorOptions, type WebGpuExecutor } from "../../src/engine/webgpu/index.ts";
import type { TrainingEvent } from "../../src/training/events.ts";
import { prepareData } from "../../src/training/prepareData.ts";
import { openSession } from "../../src/training/session.ts";
import { initialValues, setUpRun } from "../../src/training/setup.ts";
import { fixtureModel } from "../parity/models.ts";
import { openDawn } from "../setup/dawn.ts";
import { endOf, eventsOf, opinions, pointsOf, runToEnd, shortRun } from "../unit/training/support.ts";

const batchSize = 64;
const experiment = shortRun("prefix-tuning", { batchSize, steps: 4, evaluateEvery: 4 });

let free: WebGpuExecutor;
beforeAll(async () => {
  free = await open();
});
afterAll(() => free.dispose());

async function open(options: ExecutorOptions = {}): Promise<WebGpuExecutor> {
  return createWebGpuExecutor(await openDawn(), options);
}

/** What a session of this micro-batch holds. */
async function bytesOf(microBatch: number): Promise<number> {
  const model = await fixtureModel("tiny-bert");
  const data = prepareData(opinions, experiment, model, 1);
  const setup = setUpRun(experiment, model, data.labels);
  const state = { values: initialValues(model, setup, 1) };
  const settings = experiment.training;
  const session = await openSession({ executor: free, setup, settings, data, state, microBatch });
  const bytes = free.allocatedBytes();
  session.dispose();
  expect(free.allocatedBytes()).toBe(0);
  return bytes;
}

const lossesOf = (events: readonly TrainingEvent[]) => pointsOf(events).map(({ loss }) => loss);

describe("a run that does not fit", () => {
  it("halves its micro-batch until it fits, says so, and tells the same story", async () => {
    const [whole, quarter, eighth] = [await bytesOf(64), await bytesOf(16), await bytesOf(8)];
    expect(whole).toBeGreaterThan(quarter);
    expect(quarter).toBeGreaterThan(eighth);
    const executor = await open({ memoryBytes: quarter - 1 });
    const events = await runToEnd(experiment, { executor });
    expect(eventsOf(events, "advice").map(({ advice, message }) => [advice, /\d+/.exec(message)?.[0]])).toEqual([
      ["smaller-batch", "32"],
      ["smaller-batch", "16"],
      ["smaller-batch", "8"],
    ]);
    expect(endOf(events).outcome).toBe("finished");
    expect(executor.allocatedBytes()).toBe(0);
    const expected = lossesOf(await runToEnd(experiment, { executor: free }));
    executor.dispose();
    for (const [place, loss] of lossesOf(events).entries()) expect(loss).toBeCloseTo(expected[place] ?? 0, 4);
  });

  it("says so when not even one example fits, and leaves nothing behind", async () => {
    const executor = await open({ memoryBytes: (await bytesOf(1)) - 1 });
    await expect(runToEnd(experiment, { executor })).rejects.toThrow("even for one example at a time");
    expect(executor.allocatedBytes()).toBe(0);
    executor.dispose();
  });

  it("fails at once when its weights do not fit", async () => {
    const executor = await open({ memoryBytes: 1000 });
    const shape = { name: "w", rows: 100, width: 100 };
    expect(() => executor.createParameters([shape], new Map([["w", new Float32Array(10_000)]]))).toThrow(
      OutOfDeviceMemoryError,
    );
    expect(executor.allocatedBytes()).toBe(0);
    executor.dispose();
  });
});
