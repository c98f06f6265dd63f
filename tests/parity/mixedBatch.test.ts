/** Which adapters can answer one batch, and that they do on TensorFlow.js; what must hold: `mixedBatchChecks.ts`. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Executor } from "../../src/engine/executor.ts";
import { groupsOf, memberOf } from "../../src/training/sharedModel.ts";
import { openExecutor } from "./executors.ts";
import { adapterOf, adapters, checkMixedBatch, model } from "./mixedBatchChecks.ts";

it("adapters of one length and one set of layers share a graph, and so do soft prompts and heads", () => {
  const groups = groupsOf(adapters.map((adapter, place) => memberOf(adapter, place, model)));
  expect(groups.map((group) => group.map(({ place }) => place))).toEqual([[0, 1, 2, 3], [4], [5, 6, 7]]);
});

describe("on wasm", () => {
  let executor: Executor;

  beforeAll(async () => {
    executor = await openExecutor("wasm");
  });

  afterAll(() => executor.dispose());

  checkMixedBatch(() => executor, 1);
});

it.each([
  [{ kind: "lora", rank: 2 }, "lora changes the model's layers"],
  [{ kind: "bitfit" }, "bitfit changes the model's layers"],
  [{ kind: "full-fine-tuning" }, "full-fine-tuning changes the model's layers"],
])("refuses %j, which has no frozen copy to share", (settings, message) => {
  expect(() => memberOf(adapterOf("sequence-classification", settings, 2), 0, model)).toThrow(message);
});
