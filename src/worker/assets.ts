/** Gets models and examples to the worker: from the folder the page came from, or from files the visitor opened. */
import { z } from "zod";
import { download } from "../lib/download.ts";
import { loadModel, modelFileNames, type LoadedModel } from "../models/loadModel.ts";
import type { ExampleSet } from "../training/prepareData.ts";
import { parseTaskExamples } from "../tasks/exampleFiles.ts";
import { taskKindSchema, type TaskKind } from "../tasks/index.schema.ts";
import type { Example } from "../lib/examples/example.ts";
import type { DataSource, ModelSource } from "./protocol.ts";

type Progress = (loaded: number, total: number) => void;

/** Throws with the reason when a file is missing or damaged. */
export function readModel(source: ModelSource, base: string, progress: Progress): Promise<LoadedModel> {
  return source.kind === "built-in"
    ? readBuiltInModel(source.id, base, progress)
    : readModelFiles(source.name, source.files);
}

const modelIndexSchema = z.object({ files: z.record(z.string(), z.int().positive()) });

/** `models/<id>/files.json` lists the model's files with their sizes, so that progress has a total from the start. */
async function readBuiltInModel(id: string, base: string, progress: Progress): Promise<LoadedModel> {
  const folder = new URL(`models/${id}/`, base);
  const index = modelIndexSchema.parse(
    JSON.parse(new TextDecoder().decode(await download(new URL("files.json", folder)))),
  );
  const sizes = Object.entries(index.files);
  const total = sizes.reduce((sum, [, size]) => sum + size, 0);
  const loaded = new Map<string, number>();
  const entries = await Promise.all(
    sizes.map(async ([name]) => {
      const bytes = await download(new URL(name, folder), (done) => {
        loaded.set(name, done);
        progress(
          [...loaded.values()].reduce((sum, part) => sum + part, 0),
          total,
        );
      });
      return [name, bytes] as const;
    }),
  );
  return loadModel({ id, files: new Map(entries) });
}

async function readModelFiles(name: string, files: readonly File[]): Promise<LoadedModel> {
  const known = new Set<string>([...modelFileNames.required, ...modelFileNames.optional]);
  const wanted = files.filter((file) => known.has(file.name));
  const entries = await Promise.all(
    wanted.map(async (file) => [file.name, new Uint8Array(await file.arrayBuffer())] as const),
  );
  return loadModel({ id: name, files: new Map(entries) });
}

const dataSetSchema = z.object({ title: z.string(), task: taskKindSchema });

/** A built-in set, or the examples the page sent. */
export async function readExamples(data: DataSource, base: string): Promise<ExampleSet> {
  if (data.kind === "own") return data.examples;
  const folder = new URL(`data/${data.id}/`, base);
  const text = async (name: string): Promise<string> => new TextDecoder().decode(await download(new URL(name, folder)));
  const [description, train, evaluation] = await Promise.all([
    text("dataset.json"),
    text("train.jsonl"),
    text("eval.jsonl"),
  ]);
  const { title, task } = dataSetSchema.parse(JSON.parse(description));
  return {
    name: title,
    train: await examplesOf(task, `${data.id}/train.jsonl`, train),
    evaluation: await examplesOf(task, `${data.id}/eval.jsonl`, evaluation),
  };
}

async function examplesOf(task: TaskKind, name: string, text: string): Promise<readonly Example[]> {
  const parsed = await parseTaskExamples(task, name, text);
  if (parsed.kind !== "examples") throw new Error(parsed.message);
  return parsed.examples;
}
