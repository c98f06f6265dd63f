/** `train --continue DIR`: the settings, the model and the state that a run goes on from, with the options given now on top. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Experiment } from "../config/experiment.ts";
import { peftFileNames } from "../interop/peftFormat.ts";
import { jsonOf } from "../lib/checked.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import type { Adapter } from "../training/adapter.ts";
import { importAdapter, studioFileNames } from "../training/adapterFiles.ts";
import { experimentOf, UsageError, type TrainValues } from "./arguments.ts";
import { readAdapterFolder, readModelFolder, userPath } from "./files.ts";

/** What a run starts with; `from` when it goes on from an adapter. */
export interface StartedRun {
  readonly experiment: Experiment;
  readonly model: LoadedModel;
  readonly from?: Adapter;
}

/** `path` is a run's folder or an adapter's, the studio's or PEFT's. The seed goes on as well: it orders the examples. */
export async function readContinuation(values: TrainValues, path: string): Promise<StartedRun> {
  const inside = join(path, "adapter");
  const files = await readAdapterFolder(existsSync(userPath(inside)) ? inside : path, "continue");
  const model = await readModelFolder(values.model ?? modelOf(files));
  const from = importAdapter(files, model);
  const { experiment, checkpoint } = from;
  const seed = checkpoint?.seed ?? experiment.seed;
  return { from, model, experiment: experimentOf(values, { ...experiment, seed, seeds: 1 }, experiment.task.kind) };
}

const namesSchema = z.object({
  experiment: z.object({ model: z.string() }).optional(),
  base_model_name_or_path: z.string().nullish(),
});

/** The model that the adapter names. */
function modelOf(files: ReadonlyMap<string, Uint8Array>): string {
  for (const name of [studioFileNames.description, peftFileNames.config]) {
    const bytes = files.get(name);
    const parsed = bytes === undefined ? undefined : namesSchema.safeParse(jsonOf(bytes, name));
    const model = parsed?.data?.experiment?.model ?? parsed?.data?.base_model_name_or_path;
    if (model !== undefined && model !== null && model !== "") return model;
  }
  throw new UsageError("--continue: the adapter names no model. Give it with --model.");
}
