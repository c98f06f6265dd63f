/**
 * Thousands of steps of a tiny model: nothing grows, and a late step costs the processor what an early one does. On Dawn's
 * null backend, which takes every call and computes nothing, because the calls are what is measured.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import type { UpdateSettings } from "../../src/engine/executor.ts";
import { createWebGpuExecutor } from "../../src/engine/webgpu/index.ts";
import { openNullDawn } from "../setup/dawn.ts";
import { encoderProblem } from "./encoder.ts";

const STEPS = 5000;
const READ_EVERY = 50;
const group = { learningRateScale: 1, weightDecay: 0, active: true };
const update: UpdateSettings = {
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  clipNorm: 1,
  groups: { prompt: group, head: group },
};

/** Bytes of living objects, after a full collection. */
function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") collect();
  return process.memoryUsage().heapUsed;
}

/** One value in a hundred lies below this: what a step costs when nothing else wants the processor. */
function undisturbed(values: Float64Array): number {
  return values.toSorted()[Math.floor(values.length / 100)] ?? Number.NaN;
}

it(`${STEPS} steps leave buffers, heap and the time to encode as they were`, async () => {
  const executor = await createWebGpuExecutor(await openNullDawn());
  const shape = { layers: 1, width: 8, heads: 2, feedForward: 8, promptLength: 2, lengths: [3, 2], classes: 2 };
  const problem = encoderProblem(shape);
  const store = executor.createParameters(problem.shapes, problem.parameters);
  const plan = await executor.compileTraining(problem.graph, store, problem.counts);
  const milliseconds = new Float64Array(STEPS);
  let statistics = 0;
  const run = async (from: number, to: number): Promise<void> => {
    for (let step = from; step < to; step++) {
      const started = performance.now();
      plan.step(problem.step, update);
      milliseconds[step] = performance.now() - started;
      if ((step + 1) % READ_EVERY !== 0) continue;
      statistics += (await plan.statistics()).length;
      await plan.pace(0);
    }
  };
  // The first steps compile JavaScript and make the staging buffer.
  await run(0, 1000);
  const [bytes, heap] = [executor.allocatedBytes(), heapBytes()];
  await run(1000, STEPS);
  expect(executor.allocatedBytes()).toBe(bytes);
  expect(heapBytes() - heap).toBeLessThan(1e6);
  const [early, late] = [undisturbed(milliseconds.subarray(1000, 3000)), undisturbed(milliseconds.subarray(3000))];
  expect(late).toBeLessThan(1.2 * early);
  expect(statistics).toBe(STEPS);
  plan.dispose();
  store.dispose();
  expect(executor.allocatedBytes()).toBe(0);
  executor.dispose();
});
