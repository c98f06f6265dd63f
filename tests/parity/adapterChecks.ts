/** What adapters that PEFT saved must answer on an executor, as tests. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { z } from "zod";
import type { Executor } from "../../src/engine/executor.ts";
import type { LabelAnswer } from "../../src/tasks/task.ts";
import { importAdapter } from "../../src/training/adapterFiles.ts";
import { createPredictor } from "../../src/training/predict.ts";
import type { OpenedExecutor } from "./caseChecks.ts";
import { answersOf, kindDocument, kindFiles, kindNames } from "./kinds.ts";
import { fixtureModel, fixtures, labelled, readJsonLines } from "./models.ts";
import { largestDifference, logitTolerance } from "./tolerances.ts";

/** PEFT keeps of P-Tuning only what its network produced; the studio reads that as a soft prompt. */
export const savedAdapters = ["prompt-tuning", "prefix-tuning", "p-tuning"] as const;
export type SavedAdapter = (typeof savedAdapters)[number];

const textSchema = z
  .object({ text: z.string(), text_pair: z.string().optional() })
  .transform(({ text, text_pair: textPair }) => (textPair === undefined ? { text } : { text, textPair }));
const goldenSchema = z.object({ logits: z.array(z.number()), label: z.int() });

const texts = readJsonLines("peft-adapters/texts.jsonl").map((line) => textSchema.parse(line));

function goldenOf(name: SavedAdapter): z.infer<typeof goldenSchema>[] {
  return readJsonLines(`peft-adapters/${name}.logits.jsonl`).map((line) => goldenSchema.parse(line));
}

/** The files of an adapter that PEFT saved after the ten steps of its case. */
export function filesOf(name: SavedAdapter): Map<string, Uint8Array> {
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

/** Trained adapters answer texts as the independent encoder does with their files. */
export function checkSavedAdapters(executor: OpenedExecutor): void {
  it.each(savedAdapters)("PEFT's %s adapter gives PyTorch's logits and answers of every text", async (name) => {
    const golden = goldenOf(name);
    const predictions = await predictWith(filesOf(name), executor());
    expect(predictions.map(({ label }) => label)).toEqual(golden.map(({ label }) => `LABEL_${label}`));
    for (const [index, { logits }] of golden.entries()) {
      const difference = largestDifference(predictions[index]?.logits ?? [], logits);
      expect(difference).toBeLessThanOrEqual(logitTolerance(logits));
    }
  });
}

/** Adapters of every kind answer as PEFT's own models do. */
export function checkKinds(executor: OpenedExecutor): void {
  it.each(kindNames)("%s answers as in PEFT", async (name) => {
    const document = kindDocument(name);
    const model = await fixtureModel(document.model);
    const answers = await answersOf(importAdapter(kindFiles(name), model), document, { model, executor: executor() });
    const expected = document.answers.flat(2);
    expect(answers).toHaveLength(expected.length);
    expect(largestDifference(answers, expected)).toBeLessThanOrEqual(logitTolerance(expected));
    expect(executor().allocatedBytes()).toBe(0);
  });
}
