/** Curves gathered from a run's events are the run's own points, one set per seed. */
import { expect, it } from "vitest";
import { createCurves } from "../../../src/training/curves.ts";
import { openExecutor } from "../../parity/executors.ts";
import { evaluationsOf, pointsOf, runToEnd, shortRun } from "./support.ts";

it("keeps every step and evaluation of every seed", async () => {
  const executor = await openExecutor("wasm");
  const curves = createCurves();
  const experiment = shortRun("head-only", { steps: 6, evaluateEvery: 3 }, { seeds: 3 });
  const events = await runToEnd(experiment, { executor, onEvent: (event) => curves.see(event) });
  executor.dispose();
  expect(curves.seeds()).toEqual(
    [0, 1, 2].map((index) => ({
      seed: index + 1,
      steps: pointsOf(events, index),
      evaluations: evaluationsOf(events, index),
    })),
  );
  expect(curves.seeds().map(({ steps }) => steps.length)).toEqual([6, 6, 6]);
});
