/** Steps from the frontier's cache on WebGPU: bit for bit the whole step. */
import { afterAll, beforeAll, describe, it } from "vitest";
import type { WebGpuExecutor } from "../../src/engine/webgpu/index.ts";
import { cutCases, expectSameFromCache } from "../unit/engine/frontierChecks.ts";
import { openExecutor } from "./support.ts";

const enough = { tokens: 60, needed: 40 };

let executor: WebGpuExecutor;
beforeAll(async () => {
  executor = await openExecutor();
});
afterAll(() => executor.dispose());

describe("a step from the cache", () => {
  it.each(cutCases)("with %s has the same bits as the whole step", async (_, changes) => {
    for (const which of [0, 1] as const) {
      if (which === 1 && changes.prefix === 0) continue;
      await expectSameFromCache(executor, changes, { which, tableRows: enough, tolerance: 0 });
    }
  });

  it("has the same bits when the tables must forget", async () => {
    const [, changes] = cutCases[1] ?? ["", {}];
    await expectSameFromCache(executor, changes, { which: 0, tableRows: { tokens: 29, needed: 12 }, tolerance: 0 });
  });
});
