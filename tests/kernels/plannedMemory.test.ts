/** The estimate before a run against what the device really holds once the session is open. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseExperiment } from "../../src/config/experiment.ts";
import { createWebGpuExecutor, type WebGpuExecutor } from "../../src/engine/webgpu/index.ts";
import { estimateRun } from "../../src/training/estimate.ts";
import { prepareData } from "../../src/training/prepareData.ts";
import { openSession } from "../../src/training/session.ts";
import { initialValues, setUpRun } from "../../src/training/setup.ts";
import { fixtureModel } from "../parity/models.ts";
import { openDawn } from "../setup/dawn.ts";
import { opinions } from "../unit/training/support.ts";

let executor: WebGpuExecutor;
beforeAll(async () => {
  executor = await createWebGpuExecutor(await openDawn());
});
afterAll(() => executor.dispose());

it.each([
  ["a deep prompt", { kind: "prefix-tuning" }, {}],
  ["a deep prompt in a large batch", { kind: "prefix-tuning" }, { batchSize: 128 }],
  ["a soft prompt", { kind: "prompt-tuning", promptLength: 40 }, { batchSize: 32 }],
  ["a head from the cache", { kind: "head-only" }, {}],
  ["every weight", { kind: "full-fine-tuning" }, { batchSize: 32 }],
  ["every weight in micro-batches", { kind: "full-fine-tuning" }, { batchSize: 64, microBatch: 8 }],
])("tells nearly what %s takes", { timeout: 120_000 }, async (_name, method, changes) => {
  const model = await fixtureModel("encoder-l4-d128");
  const training = { learningRate: 0.01, weightDecay: 0, ...changes };
  const experiment = parseExperiment({ method, training });
  const estimate = estimateRun(experiment, model, opinions, executor);
  expect(estimate.problem).toBeUndefined();
  const data = prepareData(opinions, experiment, model, experiment.seed);
  const setup = setUpRun(experiment, model, data.labels);
  const state = { values: initialValues(model, setup, 1) };
  const session = await openSession({ executor, setup, settings: experiment.training, data, state });
  const held = executor.allocatedBytes();
  session.dispose();
  const { weightBytes, activationBytes, cacheBytes } = estimate;
  expect((weightBytes + activationBytes + cacheBytes) / held).toBeGreaterThan(0.85);
  expect((weightBytes + activationBytes + cacheBytes) / held).toBeLessThan(1.15);
  // The weights alone would be a poor guess of the larger ones.
  expect(activationBytes).toBeGreaterThan(0);
});
