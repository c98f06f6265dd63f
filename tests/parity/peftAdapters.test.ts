/** Adapters that PEFT itself saved answer in the studio as they do in PyTorch, and leave it again unchanged. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import type { Executor } from "../../src/engine/executor.ts";
import { readSafetensors } from "../../src/interop/safetensors.ts";
import { exportAdapter, importAdapter } from "../../src/training/adapterFiles.ts";
import { checkSavedAdapters, filesOf, savedAdapters } from "./adapterChecks.ts";
import { openExecutor } from "./executors.ts";
import { fixtureModel } from "./models.ts";

let executor: Executor;

beforeAll(async () => {
  executor = await openExecutor("wasm");
});

afterAll(() => executor.dispose());

checkSavedAdapters(() => executor);

it("frees everything with the predictor", () => {
  expect(executor.allocatedBytes()).toBe(0);
});

it.each(savedAdapters)("a %s adapter that is read and written again holds PEFT's own tensors", async (name) => {
  const original = filesOf(name);
  const model = await fixtureModel("tiny-bert");
  const written = exportAdapter(importAdapter(original, model), model);
  const tensorsOf = (files: ReadonlyMap<string, Uint8Array>) =>
    readSafetensors(files.get("adapter_model.safetensors") ?? new Uint8Array());
  expect(tensorsOf(written)).toEqual(tensorsOf(original));
});

it.each(["prompt-tuning", "prefix-tuning"] as const)(
  "a %s adapter keeps the fields of PEFT's adapter_config.json that matter",
  async (name) => {
    const model = await fixtureModel("tiny-bert");
    const original = filesOf(name);
    const written = exportAdapter(importAdapter(original, model), model);
    const configOf = (files: ReadonlyMap<string, Uint8Array>): Record<string, unknown> =>
      z.record(z.string(), z.unknown()).parse(JSON.parse(new TextDecoder().decode(files.get("adapter_config.json"))));
    const [before, after] = [configOf(original), configOf(written)];
    const shared = Object.keys(after).filter((key) => key !== "modules_to_save");
    expect(shared).toContain("num_virtual_tokens");
    expect(shared.map((key) => [key, after[key]])).toEqual(shared.map((key) => [key, before[key]]));
  },
);
