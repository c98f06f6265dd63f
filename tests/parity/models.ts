/** The two models the golden values were made with, read from disk as the studio reads any Hugging Face folder. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadModel, modelFileNames, type LoadedModel } from "../../src/models/loadModel.ts";
import type { Answer, LabelAnswer } from "../../src/tasks/task.ts";

export const fixtures = new URL("./fixtures/", import.meta.url);

/** Folders by the name that cases give in `model`. */
export const modelFolders = {
  "tiny-bert": fileURLToPath(new URL("tiny-bert/", fixtures)),
  "tiny-gpt2": fileURLToPath(new URL("tiny-gpt2/", fixtures)),
  "encoder-l4-d128": fileURLToPath(new URL("../../public/models/encoder-l4-d128/", import.meta.url)),
} as const;

export type FixtureModel = keyof typeof modelFolders;

const loaded = new Map<FixtureModel, Promise<LoadedModel>>();

/** The files of a model's folder by name. */
export function readModelFiles(name: FixtureModel): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const file of [...modelFileNames.required, ...modelFileNames.optional]) {
    const path = modelFolders[name] + file;
    if (existsSync(path)) files.set(file, readFileSync(path));
  }
  return files;
}

/** A model, loaded once per test file. */
export function fixtureModel(name: FixtureModel): Promise<LoadedModel> {
  const model = loaded.get(name) ?? loadModel({ id: name, files: readModelFiles(name) });
  loaded.set(name, model);
  return model;
}

/** Parsed JSON of a file below `fixtures/`. */
export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, fixtures), "utf8"));
}

/** Parsed JSON Lines of a file below `fixtures/`. */
export function readJsonLines(path: string): unknown[] {
  const text = readFileSync(new URL(path, fixtures), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
}

/** Names of so many classes, as PEFT's adapters have them. */
export function labelNames(classes: number): string[] {
  return Array.from({ length: classes }, (_, index) => `LABEL_${index}`);
}

/** The answer of a classifier. Throws when the task gave another kind. */
export function labelled(answer: Answer | undefined): LabelAnswer {
  if (answer?.kind !== "label") throw new Error(`Expected a label, got ${answer?.kind ?? "no answer"}.`);
  return answer;
}
