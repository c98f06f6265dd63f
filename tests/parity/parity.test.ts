/**
 * Parity with PyTorch on TensorFlow.js: every golden case through the studio's own set-up, on wasm, and those of the tiny
 * models that are on WebGPU (`webgpu.test.ts`) in plain JavaScript too.
 */
import { afterAll, beforeAll, describe } from "vitest";
import type { Executor } from "../../src/engine/executor.ts";
import { checkCases, checkTrunk } from "./caseChecks.ts";
import { casesOf, goldenCases, isFamiliar } from "./cases.ts";
import { openExecutor } from "./executors.ts";

const runs = [
  ["wasm", goldenCases],
  ["cpu", casesOf("tiny-bert", "tiny-gpt2").filter((entry) => !isFamiliar(entry))],
] as const;
const softPrompts = casesOf("tiny-gpt2").filter(({ method }) => method === "prompt-tuning");

describe.each(runs)("on %s", (backend, cases) => {
  let executor: Executor;

  beforeAll(async () => {
    executor = await openExecutor(backend);
  });

  afterAll(() => executor.dispose());

  checkCases(cases, () => executor);
  checkTrunk(softPrompts, () => executor);
});
