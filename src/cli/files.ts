/** Files of the command line: model folders, example files, adapters. Paths are relative to where the user stands. */
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import type { Experiment } from "../config/experiment.ts";
import { loadModel, modelFileNames, type LoadedModel } from "../models/loadModel.ts";
import type { Example, ExampleInput } from "../lib/examples/example.ts";
import { parseTaskExamples, parseTaskInputs } from "../tasks/exampleFiles.ts";
import { taskKindSchema, type TaskKind } from "../tasks/index.schema.ts";
import { adapterFolder } from "../training/adapterFolder.ts";
import type { ExampleSet } from "../training/prepareData.ts";
import { parseOption, UsageError } from "./usage.ts";

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
  return parseOption("model", () => loadModel({ id: basename(folder), files }));
}

/** The named files of a folder that exist. */
async function readFolder(folder: string, names: readonly string[]): Promise<Map<string, Uint8Array>> {
  const present = names.filter((name) => existsSync(join(folder, name)));
  return new Map(
    await Promise.all(present.map(async (name) => [name, new Uint8Array(await readFile(join(folder, name)))] as const)),
  );
}

/** The files of an adapter by name, from its folder or an archive of it. */
export async function readAdapterFolder(path: string, option = "adapter"): Promise<Map<string, Uint8Array>> {
  const folder = userPath(path);
  if (!existsSync(folder)) throw new UsageError(`--${option}: there is no folder or archive ${path}.`);
  const isFolder = (await stat(folder)).isDirectory();
  const names = isFolder ? await readdir(folder) : [basename(folder)];
  const place = isFolder ? folder : dirname(folder);
  const files = names.map((name) => ({
    path: name,
    read: async () => new Uint8Array(await readFile(join(place, name))),
  }));
  return parseOption(option, () => adapterFolder(files));
}

/** Examples of --train and --eval, or of a built-in set. */
export async function readExampleSet(experiment: Experiment, evaluation: string | undefined): Promise<ExampleSet> {
  const { data, task } = experiment;
  if (data.kind === "built-in") return readBuiltInSet(data.id, task.kind);
  const train = await readExampleFile(data.name, task.kind);
  const name = basename(data.name);
  if (evaluation === undefined) return { name, train };
  return { name, train, evaluation: await readExampleFile(evaluation, task.kind) };
}

const dataSetSchema = z.object({ title: z.string(), task: taskKindSchema });

/** The task that a built-in set was made for. */
export async function taskOfBuiltInSet(id: string): Promise<TaskKind> {
  return (await describeBuiltInSet(id)).task;
}

async function describeBuiltInSet(id: string): Promise<z.infer<typeof dataSetSchema> & { folder: string }> {
  const folder = projectPath("public", "data", id);
  if (!existsSync(folder)) {
    const known = (await readdir(projectPath("public", "data"))).join(", ");
    throw new UsageError(`--data: there is no built-in set "${id}" (${known}).`);
  }
  return { ...dataSetSchema.parse(await readJson(join(folder, "dataset.json"))), folder };
}

async function readBuiltInSet(id: string, kind: TaskKind): Promise<ExampleSet> {
  const { title, task, folder } = await describeBuiltInSet(id);
  if (task !== kind) throw new UsageError(`--data: "${id}" is made for ${task}, but the task is ${kind}.`);
  const [train, evaluation] = await Promise.all(
    ["train.jsonl", "eval.jsonl"].map((file) => readExampleFile(join(folder, file), task)),
  );
  if (train === undefined || evaluation === undefined) throw new Error(`The built-in set "${id}" is incomplete.`);
  return { name: title, train, evaluation };
}

async function readExampleFile(path: string, kind: TaskKind): Promise<readonly Example[]> {
  const parsed = await parseTaskExamples(kind, basename(path), await readText(path));
  if (parsed.kind !== "examples") throw new UsageError(parsed.message);
  return parsed.examples;
}

/** Inputs to answer, in any file that the task reads; answers in it are left aside. */
export async function readInputs(path: string, kind: TaskKind): Promise<readonly ExampleInput[]> {
  const parsed = await parseTaskInputs(kind, basename(path), await readText(path));
  if (parsed.kind === "problem") throw new UsageError(parsed.message);
  return parsed.examples;
}

/** A file's text. Throws when it cannot be read. */
export async function readText(path: string): Promise<string> {
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
