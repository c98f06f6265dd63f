/**
 * Everything that must hold on WebGPU too, on one device: a kernel that one case has compiled, the next one finds. Compiling is
 * what takes the time on a software driver, half a second for each kernel.
 */
import { afterAll, beforeAll, describe } from "vitest";
import type { Executor } from "../../src/engine/executor.ts";
import { checkKinds, checkSavedAdapters } from "./adapterChecks.ts";
import { checkCases, checkTrunk } from "./caseChecks.ts";
import { casesOf, goldenCases, isFamiliar } from "./cases.ts";
import { openExecutor } from "./executors.ts";
import { checkMixedBatch } from "./mixedBatchChecks.ts";
import { checkThreeTasks } from "./multiTaskChecks.ts";

let opened: Executor;
const executor = (): Executor => opened;

beforeAll(async () => {
  opened = await openExecutor("webgpu");
});

afterAll(() => opened.dispose());

checkCases(
  goldenCases.filter((entry) => !isFamiliar(entry)),
  executor,
);
checkTrunk(
  casesOf("tiny-gpt2").filter(({ method }) => method === "prompt-tuning"),
  executor,
);
describe("several tasks", () => {
  checkThreeTasks(executor);
});
describe("adapters", () => {
  checkSavedAdapters(executor);
  checkKinds(executor);
});
describe("a mixed batch", () => {
  checkMixedBatch(executor, 2);
});
