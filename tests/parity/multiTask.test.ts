/** One prefix under three tasks on TensorFlow.js; what must hold: `multiTaskChecks.ts`. */
import { afterAll, beforeAll } from "vitest";
import type { Executor } from "../../src/engine/executor.ts";
import { openExecutor } from "./executors.ts";
import { checkThreeTasks } from "./multiTaskChecks.ts";

let executor: Executor;

beforeAll(async () => {
  executor = await openExecutor("wasm");
});

afterAll(() => executor.dispose());

checkThreeTasks(() => executor);
