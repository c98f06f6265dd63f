/**
 * Trained tensors as files and back: PEFT's format wherever PEFT can express the run, the studio's own beside it. The
 * studio's file always comes along, because PEFT's names no labels and keeps no reparameterisation network.
 */
import { z } from "zod";
import { experimentSchema, parseExperiment, type Experiment } from "../config/experiment.ts";
import { peftFileNames, readPeftAdapter, writePeftAdapter, type PeftAdapter } from "../interop/peft.ts";
import { readSafetensors, writeSafetensors } from "../interop/safetensors.ts";
import { checked, jsonOf } from "../lib/checked.ts";
import { bindMethod } from "../methods/index.ts";
import type { TrainedValues } from "../methods/method.ts";
import type { ModelDimensions } from "../models/dimensions.schema.ts";
import { headNames } from "../tasks/sequenceClassification.ts";
import type { TrainedTensor } from "./events.ts";

export const studioFileNames = { description: "studio.json", weights: "studio.safetensors" } as const;

const descriptionSchema = z.object({
  experiment: experimentSchema,
  labels: z.array(z.string()).min(2),
  /** Why there is no PEFT file; absent when there is one. */
  notPeft: z.string().optional(),
});

/** A run's prompt, ready to answer. */
export interface Adapter {
  readonly experiment: Experiment;
  readonly labels: readonly string[];
  readonly tensors: readonly TrainedTensor[];
}

/** Why PEFT cannot hold this run; undefined when it can. */
export function reasonNotPeft({ method }: Experiment, layers: number): string | undefined {
  switch (method.kind) {
    case "prefix-tuning":
      return method.layers === "all" || new Set(method.layers).size === layers
        ? undefined
        : "PEFT stores a prefix for every layer; this prompt uses only some, and zero keys are not the same as none.";
    case "prompt-tuning":
      return method.pooling === "first-row"
        ? undefined
        : "PEFT reads the first virtual token under a soft prompt; this run reads [CLS].";
    case "head-only":
      return "PEFT has no adapter that is only a classifier.";
    case "full-fine-tuning":
      return "A fully fine-tuned model is no adapter.";
    default:
      return method satisfies never;
  }
}

/** Files by name. PEFT's pair where it can express the run; the studio's own pair always. */
export function exportAdapter(adapter: Adapter, dimensions: ModelDimensions): Map<string, Uint8Array> {
  const { experiment, labels, tensors } = adapter;
  const notPeft = reasonNotPeft(experiment, dimensions.layers);
  const description = { experiment, labels, ...(notPeft === undefined ? {} : { notPeft }) };
  const studio = new Map([
    [studioFileNames.description, new TextEncoder().encode(`${JSON.stringify(description, null, 2)}\n`)],
    [
      studioFileNames.weights,
      writeSafetensors(tensors.map(({ name, rows, width, values }) => ({ name, shape: [rows, width], values }))),
    ],
  ]);
  return notPeft === undefined ? new Map([...writePeftAdapter(peftAdapterOf(adapter, dimensions)), ...studio]) : studio;
}

function peftAdapterOf({ experiment, tensors }: Adapter, dimensions: ModelDimensions): PeftAdapter {
  const { method } = experiment;
  if (method.kind !== "prefix-tuning" && method.kind !== "prompt-tuning")
    throw new Error(`PEFT has no ${method.kind}.`);
  const trained: TrainedValues = new Map(tensors.map(({ name, values }) => [name, values]));
  const head = (name: string): Float32Array => {
    const values = trained.get(name);
    if (values === undefined) throw new Error(`The trained tensor "${name}" is missing.`);
    return values;
  };
  return {
    type: method.kind === "prefix-tuning" ? "PREFIX_TUNING" : "PROMPT_TUNING",
    baseModel: experiment.model,
    layers: dimensions.layers,
    heads: dimensions.heads,
    width: dimensions.width,
    promptLength: method.promptLength,
    promptEmbeddings: bindMethod(method, dimensions).virtualTokens(trained),
    classifierWeight: head(headNames.weight),
    classifierBias: head(headNames.bias),
  };
}

/** Reads the studio's files, or PEFT's where only those are there. `model` names the model for PEFT's. */
export function importAdapter(files: ReadonlyMap<string, Uint8Array>, model: string): Adapter {
  const description = files.get(studioFileNames.description);
  const weights = files.get(studioFileNames.weights);
  if (description === undefined || weights === undefined) return importPeft(files, model);
  const { labels, experiment } = readDescription(description);
  const tensors = [...readSafetensors(weights, studioFileNames.weights).values()].map(({ name, shape, values }) => ({
    name,
    rows: shape[0] ?? 1,
    width: shape[1] ?? values.length,
    values,
  }));
  return { experiment, labels, tensors };
}

function readDescription(bytes: Uint8Array): z.infer<typeof descriptionSchema> {
  return checked(descriptionSchema, jsonOf(bytes, studioFileNames.description), studioFileNames.description);
}

function importPeft(files: ReadonlyMap<string, Uint8Array>, model: string): Adapter {
  if (!files.has(peftFileNames.config)) {
    const found = [...files.keys()].join(", ") || "nothing";
    throw new Error(
      `Expected ${studioFileNames.description} or ${peftFileNames.config} in the adapter folder; found ${found}.`,
    );
  }
  const adapter = readPeftAdapter(files);
  const { promptLength, promptEmbeddings, classifierWeight, classifierBias, width } = adapter;
  const classes = classifierBias.length;
  const prefix = adapter.type === "PREFIX_TUNING";
  const kind = prefix ? "prefix-tuning" : "prompt-tuning";
  const name = prefix ? "prefix" : "prompt";
  return {
    experiment: parseExperiment({
      model,
      method: { kind, promptLength },
      training: { learningRate: 0.01, weightDecay: 0 },
    }),
    labels: Array.from({ length: classes }, (_, index) => `LABEL_${index}`),
    tensors: [
      { name, rows: promptLength, width: promptEmbeddings.length / promptLength, values: promptEmbeddings },
      { name: headNames.weight, rows: classes, width, values: classifierWeight },
      { name: headNames.bias, rows: 1, width: classes, values: classifierBias },
    ],
  };
}
