/** Adapters that PEFT itself saved answer in the studio as they do in PyTorch, and leave it again unchanged. */
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Executor } from "../../src/engine/executor.ts";
import { readSafetensors } from "../../src/interop/safetensors.ts";
import { exportAdapter, importAdapter } from "../../src/training/adapterFiles.ts";
import type { LabelAnswer } from "../../src/tasks/task.ts";
import { createPredictor } from "../../src/training/predict.ts";
import { openExecutor } from "./executors.ts";
import { fixtureModel, fixtures, labelled, readJsonLines } from "./models.ts";
import { largestDifference, logitTolerance } from "./tolerances.ts";

/** PEFT keeps of P-Tuning only what its network produced; the studio reads that as a soft prompt. */
const adapters = ["prompt-tuning", "prefix-tuning", "p-tuning"] as const;
type AdapterName = (typeof adapters)[number];

const textSchema = z
  .object({ text: z.string(), text_pair: z.string().optional() })
  .transform(({ text, text_pair: textPair }) => (textPair === undefined ? { text } : { text, textPair }));
const goldenSchema = z.object({ logits: z.array(z.number()), label: z.int() });

const texts = readJsonLines("peft-adapters/texts.jsonl").map((line) => textSchema.parse(line));

function goldenOf(name: AdapterName): z.infer<typeof goldenSchema>[] {
  return readJsonLines(`peft-adapters/${name}.logits.jsonl`).map((line) => goldenSchema.parse(line));
}

function filesOf(name: AdapterName): Map<string, Uint8Array> {
  const folder = new URL(`peft-adapters/${name}/`, fixtures);
  return new Map(readdirSync(folder).map((file) => [file, readFileSync(new URL(file, folder))]));
}

async function predictWith(files: ReadonlyMap<string, Uint8Array>, executor: Executor): Promise<LabelAnswer[]> {
  const model = await fixtureModel("tiny-bert");
  const { experiment, labels, tensors } = importAdapter(files, model);
  const values = new Map(tensors.map((tensor) => [tensor.name, tensor.values]));
  const predictor = await createPredictor({ experiment, model, labels, executor, values });
  const predictions = await predictor.predict(texts);
  predictor.dispose();
  return predictions.map(labelled);
}

describe.each(["wasm", "webgpu"] as const)("on %s", (backend) => {
  let executor: Executor;

  beforeAll(async () => {
    executor = await openExecutor(backend);
  });

  afterAll(() => executor.dispose());

  it.each(adapters)("PEFT's %s adapter gives PyTorch's logits of every text", async (name) => {
    const golden = goldenOf(name);
    const predictions = await predictWith(filesOf(name), executor);
    expect(predictions).toHaveLength(golden.length);
    for (const [index, { logits }] of golden.entries()) {
      const difference = largestDifference(predictions[index]?.logits ?? [], logits);
      expect(difference).toBeLessThanOrEqual(logitTolerance(logits));
    }
  });

  it.each(adapters)("PEFT's %s adapter gives PyTorch's answers", async (name) => {
    const predictions = await predictWith(filesOf(name), executor);
    expect(predictions.map(({ label }) => label)).toEqual(goldenOf(name).map(({ label }) => `LABEL_${label}`));
  });

  it("frees everything with the predictor", () => {
    expect(executor.allocatedBytes()).toBe(0);
  });
});

it.each(adapters)("a %s adapter that is read and written again holds PEFT's own tensors", async (name) => {
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
