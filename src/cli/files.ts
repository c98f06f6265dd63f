/** Files of the command line: model folders, example files, adapters. Paths are relative to where the user stands. */
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { z } from "zod";
import type { Experiment } from "../config/experiment.ts";
import { loadModel, modelFileNames, type LoadedModel } from "../models/loadModel.ts";
import { parseExamples } from "../lib/examples/parseExamples.ts";
import { readTable } from "../lib/examples/readTable.ts";
import type { TextExample } from "../tasks/sequenceClassification.schema.ts";
import type { ExampleSet } from "../training/prepareData.ts";
import type { PredictionInput } from "../training/predict.ts";
import { UsageError } from "./arguments.ts";

/** npm runs scripts in the project's folder and tells where the user stood. */
export function userPath(path: string): string {
  return resolve(process.env["INIT_CWD"] ?? process.cwd(), path);
}

function projectPath(...parts: readonly string[]): string {
  return join(process.cwd(), ...parts);
}

/** A folder by path, or a built-in model by id. */
export async function readModelFolder(model: string): Promise<LoadedModel> {
  const builtIn = projectPath("public", "models", model);
  const folder = existsSync(userPath(model)) ? userPath(model) : builtIn;
  if (!existsSync(folder)) {
    const known = (await readdir(projectPath("public", "models"))).join(", ");
    throw new UsageError(`--model: "${model}" is neither a folder nor a built-in model (${known}).`);
  }
  const files = await readFolder(folder, [...modelFileNames.required, ...modelFileNames.optional]);
  return loadModel({ id: basename(folder), files });
}

/** The named files of a folder that exist. */
async function readFolder(folder: string, names: readonly string[]): Promise<Map<string, Uint8Array>> {
  const present = names.filter((name) => existsSync(join(folder, name)));
  return new Map(
    await Promise.all(present.map(async (name) => [name, new Uint8Array(await readFile(join(folder, name)))] as const)),
  );
}

/** All files of an adapter folder by name. */
export async function readAdapterFolder(path: string): Promise<Map<string, Uint8Array>> {
  const folder = userPath(path);
  if (!existsSync(folder)) throw new UsageError(`--adapter: there is no folder ${path}.`);
  return readFolder(folder, await readdir(folder));
}

/** Examples of --train and --eval, or of a built-in set. */
export async function readExampleSet(experiment: Experiment, evaluation: string | undefined): Promise<ExampleSet> {
  const { data } = experiment;
  if (data.kind === "built-in") return readBuiltInSet(data.id);
  const train = await readExampleFile(data.name);
  const name = basename(data.name);
  return evaluation === undefined ? { name, train } : { name, train, evaluation: await readExampleFile(evaluation) };
}

async function readBuiltInSet(id: string): Promise<ExampleSet> {
  const folder = projectPath("public", "data", id);
  if (!existsSync(folder)) {
    const known = (await readdir(projectPath("public", "data"))).join(", ");
    throw new UsageError(`--data: there is no built-in set "${id}" (${known}).`);
  }
  const { title } = z.object({ title: z.string() }).parse(await readJson(join(folder, "dataset.json")));
  const [train, evaluation] = await Promise.all(
    ["train.jsonl", "eval.jsonl"].map((file) => readExampleFile(join(folder, file))),
  );
  if (train === undefined || evaluation === undefined) throw new Error(`The built-in set "${id}" is incomplete.`);
  return { name: title, train, evaluation };
}

async function readExampleFile(path: string): Promise<readonly TextExample[]> {
  const parsed = await parseExamples(basename(path), await readText(path));
  if (parsed.kind !== "examples") throw new UsageError(parsed.message);
  return parsed.examples;
}

/** Texts to answer: any file with a column or field `text`, and optionally `text_pair`. */
export async function readInputs(path: string): Promise<PredictionInput[]> {
  const table = await readTable(basename(path), await readText(path));
  if (table.kind === "problem") throw new UsageError(table.message);
  if (!table.columns.includes("text")) {
    throw new UsageError(`${path}: expected a column "text", found ${table.columns.join(", ")}.`);
  }
  return table.rows.map(({ cells }) => {
    const pair = cells["text_pair"];
    return { text: cells["text"] ?? "", ...(pair === undefined || pair === "" ? {} : { textPair: pair }) };
  });
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(userPath(path), "utf8");
  } catch {
    throw new UsageError(`The file ${path} cannot be read.`);
  }
}

/** Parsed JSON of a file. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readText(path);
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${path} is not JSON.`);
  }
}

/** Writes files by name into a folder, making it when needed. */
export async function writeFolder(path: string, files: ReadonlyMap<string, Uint8Array | string>): Promise<void> {
  const folder = userPath(path);
  await mkdir(folder, { recursive: true });
  await Promise.all([...files].map(([name, content]) => writeFile(join(folder, name), content)));
}
