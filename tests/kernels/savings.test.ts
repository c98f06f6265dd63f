/** Exact savings and micro-batches on WebGPU: the same step, computed in another way. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebGpuExecutor } from "../../src/engine/webgpu/index.ts";
import {
  capacities,
  expectSameFromMicroBatches,
  expectSameStep,
  usual,
  waysWithoutSaving,
} from "../unit/engine/savingsChecks.ts";
import { randomParameters, shapesOf, updateSettings } from "../unit/engine/transformerGraph.ts";
import { openExecutor } from "./support.ts";

let executor: WebGpuExecutor;
beforeAll(async () => {
  executor = await openExecutor();
});
afterAll(() => executor.dispose());

describe("a step", () => {
  it.each(waysWithoutSaving)("with %s is the same", async (_, without) => {
    await expectSameStep(executor, without());
  });

  it.each([1, 2, 3])("in micro-batches of %d is the same", async (size) => {
    await expectSameFromMicroBatches(executor, size);
  });

  it("in micro-batches needs a plan that accumulates", async () => {
    const store = executor.createParameters(shapesOf(usual.graph), randomParameters(usual.graph, 1));
    const plan = await executor.compileTraining(usual.graph, store, capacities);
    expect(() => plan.step([usual.step, usual.step], updateSettings())).toThrow('compile the plan with "accumulate"');
    plan.dispose();
    store.dispose();
  });
});
