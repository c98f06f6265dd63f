/**
 * Trained tensors as files and back: PEFT's format wherever PEFT can express the run, the studio's own beside it. The
 * studio's files always come along, because PEFT's name no labels and keep neither network nor optimizer.
 */
import { z } from "zod";
import { experimentSchema } from "../config/experiment.ts";
import { readPeftAdapter, writePeftAdapter } from "../interop/peft.ts";
import { peftFileNames } from "../interop/peftFormat.ts";
import { readSafetensors, writeSafetensors, type FileTensor } from "../interop/safetensors.ts";
import { checked, jsonOf } from "../lib/checked.ts";
import { DataError, messageOf } from "../lib/errors.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import type { Adapter, Checkpoint } from "./adapter.ts";
import { evaluationSchema } from "../config/evaluation.ts";
import type { TrainedTensor } from "./events.ts";
import { peftAdapterOf, reasonNotPeft } from "./peftExport.ts";
import { adapterOfPeft } from "./peftImport.ts";

export const studioFileNames = {
  description: "studio.json",
  weights: "studio.safetensors",
  optimizer: "optimizer.safetensors",
} as const;

const descriptionSchema = z.object({
  experiment: experimentSchema,
  labels: z.array(z.string()),
  /** SHA-256 of the frozen model's weights file, hex; files of early versions lack it. */
  modelHash: z.string().optional(),
  /** Why there is no PEFT file; absent when there is one. */
  notPeft: z.string().optional(),
  /** Where training stopped; its numbers stand in the optimizer's file. */
  checkpoint: z
    .object({
      seed: z.int(),
      step: z.int().positive(),
      updates: z.int().min(0),
      best: evaluationSchema,
      last: evaluationSchema,
    })
    .optional(),
});

/** Files by name. PEFT's pair where it can express the run; the studio's own always. */
export function exportAdapter(adapter: Adapter, model: LoadedModel): Map<string, Uint8Array> {
  const { experiment, labels, tensors, checkpoint } = adapter;
  const notPeft = reasonNotPeft(experiment, model.family.dimensions);
  const description = {
    experiment,
    labels,
    modelHash: model.hash,
    ...(notPeft === undefined ? {} : { notPeft }),
    ...(checkpoint === undefined ? {} : { checkpoint: placeOf(checkpoint) }),
  };
  const studio = new Map([
    [studioFileNames.description, new TextEncoder().encode(`${JSON.stringify(description, null, 2)}\n`)],
    [studioFileNames.weights, writeSafetensors(tensors.map(matrix))],
    ...(checkpoint === undefined
      ? []
      : [[studioFileNames.optimizer, writeSafetensors(stateTensors(checkpoint))] as const]),
  ]);
  return notPeft === undefined ? new Map([...writePeftAdapter(peftAdapterOf(adapter, model)), ...studio]) : studio;
}

/**
 * Reads the studio's files, or PEFT's where only those are there.
 * @throws DataError when they are incomplete, damaged or of another model
 */
export function importAdapter(files: ReadonlyMap<string, Uint8Array>, model: LoadedModel): Adapter {
  try {
    return readAdapter(files, model);
  } catch (error) {
    throw new DataError(messageOf(error), { cause: error });
  }
}

function readAdapter(files: ReadonlyMap<string, Uint8Array>, model: LoadedModel): Adapter {
  const description = files.get(studioFileNames.description);
  if (description === undefined) return importPeft(files, model);
  const weights = files.get(studioFileNames.weights);
  if (weights === undefined) {
    throw new Error(`Expected ${studioFileNames.weights} beside ${studioFileNames.description}; it is missing.`);
  }
  const { labels, experiment, modelHash, checkpoint } = readDescription(description);
  requireModel(modelHash, experiment.model, model);
  const tensors = [...readSafetensors(weights, studioFileNames.weights).values()].map(({ name, shape, values }) => ({
    name,
    rows: shape[0] ?? 1,
    width: shape[1] ?? values.length,
    values,
  }));
  const optimizer = files.get(studioFileNames.optimizer);
  if (checkpoint === undefined || optimizer === undefined) return { experiment, labels, tensors };
  const state = readSafetensors(optimizer, studioFileNames.optimizer);
  return { experiment, labels, tensors, checkpoint: { ...checkpoint, ...readState(state, tensors) } };
}

function readDescription(bytes: Uint8Array): z.infer<typeof descriptionSchema> {
  return checked(descriptionSchema, jsonOf(bytes, studioFileNames.description), studioFileNames.description);
}

function importPeft(files: ReadonlyMap<string, Uint8Array>, model: LoadedModel): Adapter {
  if (!files.has(peftFileNames.config)) throw missingAdapter([...files.keys()]);
  const peft = readPeftAdapter(files);
  requireModel(peft.modelHash, peft.baseModel, model);
  return adapterOfPeft(peft, model);
}

/** Where neither the studio's description nor PEFT's is among the files. */
export function missingAdapter(names: readonly string[]): Error {
  const found = names.slice(0, mostNames).join(", ") || "nothing";
  const others = names.length > mostNames ? ` and ${names.length - mostNames} more` : "";
  return new Error(
    `Expected ${studioFileNames.description} or ${peftFileNames.config} in the adapter folder; found ${found}${others}.`,
  );
}

/** Names of files that a message lists. */
const mostNames = 6;

/** A prompt means something only to the weights that it was trained with. */
function requireModel(hash: string | undefined, name: string, model: LoadedModel): void {
  if (hash === undefined || hash === model.hash) return;
  const other = name === model.id ? `another version of ${name}` : `the model ${name}`;
  throw new Error(
    `This adapter was trained for ${other} (weights ${hash.slice(0, 12)}…), and ${model.id} (weights ${model.hash.slice(0, 12)}…) is loaded. Open the model it was trained for.`,
  );
}

/** A checkpoint without its numbers. */
function placeOf({ seed, step, updates, best, last }: Checkpoint) {
  return { seed, step, updates, best, last };
}

const stateParts = { values: "value", firstMoments: "first-moment", secondMoments: "second-moment" } as const;

function stateTensors(checkpoint: Checkpoint): FileTensor[] {
  const parts = [stateParts.values, stateParts.firstMoments, stateParts.secondMoments];
  const maps = [checkpoint.values, checkpoint.firstMoments, checkpoint.secondMoments];
  return maps.flatMap((map, index) =>
    [...map].map(([name, values]) => ({ name: `${parts[index] ?? ""}.${name}`, shape: [values.length], values })),
  );
}

function readState(
  file: ReadonlyMap<string, FileTensor>,
  tensors: readonly TrainedTensor[],
): Pick<Checkpoint, keyof typeof stateParts> {
  const part = (prefix: string): Map<string, Float32Array> =>
    new Map(
      tensors.map(({ name, values }) => {
        const found = file.get(`${prefix}.${name}`)?.values;
        if (found?.length === values.length) return [name, found];
        throw new Error(
          `${studioFileNames.optimizer}: expected "${prefix}.${name}" with ${values.length} numbers, got ${found?.length ?? "none"}. Remove the file to continue without the optimizer's state.`,
        );
      }),
    );
  return {
    values: part(stateParts.values),
    firstMoments: part(stateParts.firstMoments),
    secondMoments: part(stateParts.secondMoments),
  };
}

function matrix({ name, rows, width, values }: TrainedTensor): FileTensor {
  return { name, shape: [rows, width], values };
}
