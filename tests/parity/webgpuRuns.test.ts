/** Whole training runs on WebGPU: bit-identical repeats, agreement with TensorFlow.js, and a device that is really destroyed. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { createWebGpuExecutor, type WebGpuExecutor } from "../../src/engine/webgpu/index.ts";
import type { TrainingEvent } from "../../src/training/events.ts";
import { openDawn } from "../setup/dawn.ts";
import { endOf, eventsOf, numbersOf, pointsOf, runToEnd, shortRun } from "../unit/training/support.ts";
import { openExecutor } from "./executors.ts";
import { largestDifference } from "./tolerances.ts";

const experiment = shortRun("prefix-tuning");

let executor: WebGpuExecutor;
let reference: TrainingEvent[];

async function openWebGpu(): Promise<WebGpuExecutor> {
  return createWebGpuExecutor(await openDawn());
}

beforeAll(async () => {
  executor = await openWebGpu();
  reference = await runToEnd(experiment, { executor });
});

afterAll(() => executor.dispose());

it("a run on WebGPU frees everything it took", () => {
  expect(executor.allocatedBytes()).toBe(0);
});

it("the same seed gives the same bits on WebGPU", async () => {
  expect(numbersOf(await runToEnd(experiment, { executor }))).toEqual(numbersOf(reference));
});

it("WebGPU and TensorFlow.js tell the same story", async () => {
  const wasm = await openExecutor("wasm");
  const told = await runToEnd(experiment, { executor: wasm });
  wasm.dispose();
  const lossesOf = (events: readonly TrainingEvent[]): number[] => pointsOf(events).map(({ loss }) => loss);
  expect(largestDifference(lossesOf(reference), lossesOf(told))).toBeLessThan(1e-3);
  expect(endOf(told).record.seeds[0]?.best.accuracy).toBe(endOf(reference).record.seeds[0]?.best.accuracy);
});

it("a device that is destroyed in the middle of a run changes none of its numbers", async () => {
  let destroyed = false;
  let second: Promise<WebGpuExecutor> | undefined;
  const events = await runToEnd(experiment, {
    executor: async () => (destroyed ? (second ??= openWebGpu()) : executor),
    onEvent: (event) => {
      if (event.kind !== "evaluated" || event.evaluation.step !== 8) return;
      executor.device.destroy();
      destroyed = true;
    },
  });
  expect(eventsOf(events, "advice")).toMatchObject([{ advice: "recovered", step: 8 }]);
  expect(numbersOf(events)).toEqual(numbersOf(reference));
  (await second)?.dispose();
});
