/**
 * Trained tensors as files and back: PEFT's format wherever PEFT can express the run, the studio's own beside it. The
 * studio's file always comes along, because PEFT's names no labels and keeps no reparameterisation network.
 */
import { z } from "zod";
import { experimentSchema, parseExperiment, type Experiment } from "../config/experiment.ts";
import { peftFileNames, readPeftAdapter, writePeftAdapter, type PeftAdapter, type PeftTask } from "../interop/peft.ts";
import { readSafetensors, writeSafetensors } from "../interop/safetensors.ts";
import { checked, jsonOf } from "../lib/checked.ts";
import { bindMethod } from "../methods/index.ts";
import type { MethodSettings } from "../methods/index.schema.ts";
import type { TrainedValues } from "../methods/method.ts";
import type { ModelDimensions } from "../models/dimensions.schema.ts";
import { taskKinds, type TaskKind, type TaskSettings } from "../tasks/index.schema.ts";
import type { TrainedTensor } from "./events.ts";

export const studioFileNames = { description: "studio.json", weights: "studio.safetensors" } as const;

const descriptionSchema = z.object({
  experiment: experimentSchema,
  labels: z.array(z.string()),
  /** Why there is no PEFT file; absent when there is one. */
  notPeft: z.string().optional(),
});

/** What PEFT calls the tasks. */
const peftTaskOf = {
  "sequence-classification": "SEQ_CLS",
  "token-classification": "TOKEN_CLS",
  "question-answering": "QUESTION_ANS",
  "causal-lm": "CAUSAL_LM",
} as const satisfies Record<TaskKind, PeftTask>;

const peftTypeOf = {
  "prefix-tuning": "PREFIX_TUNING",
  "prompt-tuning": "PROMPT_TUNING",
  "p-tuning": "P_TUNING",
} as const;

/** A run's prompt, ready to answer. */
export interface Adapter {
  readonly experiment: Experiment;
  readonly labels: readonly string[];
  readonly tensors: readonly TrainedTensor[];
}

/** Why PEFT cannot hold this run; undefined when it can. */
export function reasonNotPeft({ method, task }: Experiment, layers: number): string | undefined {
  return reasonOfTask(task) ?? reasonOfMethod(method, layers);
}

function reasonOfTask(task: TaskSettings): string | undefined {
  switch (task.kind) {
    case "sequence-classification":
      return task.head === "linear" ? undefined : "PEFT has no task that reads label words at a mask.";
    case "question-answering":
      // PeftModelForQuestionAnswering.forward of PEFT 0.21 takes token types and drops them.
      return "PEFT leaves out token types when it answers questions, so that its answers would be others.";
    case "token-classification":
    case "causal-lm":
      return undefined;
    default:
      return task satisfies never;
  }
}

function reasonOfMethod(method: MethodSettings, layers: number): string | undefined {
  switch (method.kind) {
    case "prefix-tuning":
      return method.layers === "all" || new Set(method.layers).size === layers
        ? undefined
        : "PEFT stores a prefix for every layer; this prompt uses only some, and zero keys are not the same as none.";
    case "prompt-tuning":
    case "p-tuning":
      if (method.placement !== "first")
        return "PEFT puts virtual tokens in front of everything; here they stand elsewhere.";
      return method.pooling === "first-row"
        ? undefined
        : "PEFT reads the first virtual token under a soft prompt; this run reads [CLS].";
    case "head-only":
      return "PEFT has no adapter that is only a classifier.";
    case "discrete-prompt":
      return "Nothing was trained; there is no adapter to write.";
    case "bitfit":
    case "top-layers":
      return "PEFT has no adapter that is a part of the model's own weights.";
    case "adapters":
      return "PEFT has no bottleneck adapters of this form.";
    case "lora":
      return "The studio writes low-rank updates in its own format only.";
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
  if (method.kind !== "prefix-tuning" && method.kind !== "prompt-tuning" && method.kind !== "p-tuning")
    throw new Error(`PEFT has no ${method.kind}.`);
  const bound = bindMethod(method, dimensions);
  const trained: TrainedValues = new Map(tensors.map(({ name, values }) => [name, values]));
  const own = new Set(bound.tensors.map(({ name }) => name));
  const head = tensors.filter(({ name }) => !own.has(name)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return {
    type: peftTypeOf[method.kind],
    task: peftTaskOf[experiment.task.kind],
    baseModel: experiment.model,
    layers: dimensions.layers,
    heads: dimensions.heads,
    width: dimensions.width,
    promptLength: method.promptLength,
    promptEmbeddings: bound.virtualTokens(trained),
    head: head.map(({ name, rows, width, values }) => ({ name, shape: rows === 1 ? [width] : [rows, width], values })),
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
  const { promptLength, promptEmbeddings, head } = adapter;
  const classes = head.find(({ name }) => name.endsWith(".weight"))?.shape[0] ?? 0;
  const task = taskKinds.find((known) => peftTaskOf[known] === adapter.task);
  const prefix = adapter.type === "PREFIX_TUNING";
  const kind = prefix ? "prefix-tuning" : "prompt-tuning";
  const name = prefix ? "prefix" : "prompt";
  return {
    experiment: parseExperiment({
      model,
      task: { kind: task },
      method: { kind, promptLength },
      training: { learningRate: 0.01, weightDecay: 0 },
    }),
    labels: Array.from({ length: classes }, (_, index) => `LABEL_${index}`),
    tensors: [
      { name, rows: promptLength, width: promptEmbeddings.length / promptLength, values: promptEmbeddings },
      // As the studio orders them: the weight before its bias.
      ...head
        .map(({ name: tensor, shape, values }) => {
          const width = shape.at(-1) ?? 1;
          return { name: tensor, rows: values.length / width, width, values };
        })
        .toSorted((a, b) => (a.name > b.name ? -1 : 1)),
    ],
  };
}
