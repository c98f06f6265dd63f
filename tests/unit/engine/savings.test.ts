/** Exact savings and micro-batches on TensorFlow.js: the same step, computed in another way. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Executor } from "../../../src/engine/executor.ts";
import { openExecutor } from "../../parity/executors.ts";
import { expectSameFromMicroBatches, expectSameStep, flopsOf, usual, waysWithoutSaving } from "./savingsChecks.ts";

describe.each(waysWithoutSaving)("%s", (_, without) => {
  it("takes more arithmetic", () => {
    expect(flopsOf(without())).toBeGreaterThan(1.05 * flopsOf(usual));
  });
});

describe.each(["cpu", "wasm"] as const)("on %s", (backend) => {
  let executor: Executor;
  beforeAll(async () => {
    executor = await openExecutor(backend);
  });
  afterAll(() => executor.dispose());

  it.each(waysWithoutSaving)("%s changes nothing", async (_, without) => {
    await expectSameStep(executor, without());
  });

  it.each([1, 2, 3])("micro-batches of %d make the same step", async (size) => {
    await expectSameFromMicroBatches(executor, size);
  });
});
