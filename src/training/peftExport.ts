/** A run as PEFT's adapter, or why PEFT cannot express it. The way back stands in `peftImport.ts`. */
import type { Experiment } from "../config/experiment.ts";
import type { PeftAdapter, PeftPromptType, PeftTask, PeftUpdate } from "../interop/peftFormat.ts";
import type { FileTensor } from "../interop/safetensors.ts";
import { bindMethod } from "../methods/index.ts";
import { promptedLayersOf, type MethodSettings } from "../methods/index.schema.ts";
import { loraName } from "../methods/lora.ts";
import { loraTargets, type LoraSettings } from "../methods/lora.schema.ts";
import { trainedTensor } from "../methods/hostNetwork.ts";
import type { TrainedValues } from "../methods/method.ts";
import type { ModelDimensions } from "../models/dimensions.schema.ts";
import { linearModules, transformersName } from "../models/linearModules.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import type { TaskKind, TaskSettings } from "../tasks/index.schema.ts";
import type { Adapter } from "./adapter.ts";
import type { TrainedTensor } from "./events.ts";

/** What PEFT calls the tasks. */
export const peftTaskOf = {
  "sequence-classification": "SEQ_CLS",
  "token-classification": "TOKEN_CLS",
  "question-answering": "QUESTION_ANS",
  "causal-lm": "CAUSAL_LM",
} as const satisfies Record<TaskKind, PeftTask>;

const peftTypeOf = {
  "prefix-tuning": "PREFIX_TUNING",
  "prompt-tuning": "PROMPT_TUNING",
  "p-tuning": "P_TUNING",
} as const satisfies Record<string, PeftPromptType>;

const peftBiasOf = { none: "none", updated: "lora_only", all: "all" } as const;

/** Why PEFT cannot hold this run; undefined when it can. */
export function reasonNotPeft({ method, task }: Experiment, dimensions: ModelDimensions): string | undefined {
  return reasonOfTask(task, dimensions) ?? reasonOfMethod(method, dimensions);
}

function reasonOfTask(task: TaskSettings, { tokenTypes }: ModelDimensions): string | undefined {
  switch (task.kind) {
    case "sequence-classification":
      return task.head === "linear" ? undefined : "PEFT has no task that reads label words at a mask.";
    case "question-answering":
      // PeftModelForQuestionAnswering.forward of PEFT 0.21 takes token types and drops them.
      return tokenTypes === 0 || task.tokenTypes === "none"
        ? undefined
        : 'PEFT leaves out token types when it answers questions, so that its answers would be others. Train with token types "none" for PEFT.';
    case "token-classification":
    case "causal-lm":
      return undefined;
    default:
      return task satisfies never;
  }
}

function reasonOfMethod(method: MethodSettings, { layers }: ModelDimensions): string | undefined {
  switch (method.kind) {
    case "prefix-tuning":
      return promptedLayersOf(method, layers).length === layers
        ? undefined
        : "PEFT stores a prefix for every layer; this prompt uses only some, and zero keys are not the same as none.";
    case "prompt-tuning":
    case "p-tuning":
      if (method.placement !== "first")
        return "PEFT puts virtual tokens in front of everything; here they stand elsewhere.";
      return method.pooling === "first-row"
        ? undefined
        : "PEFT reads the first virtual token under a soft prompt; this run reads [CLS].";
    case "lora":
      return undefined;
    case "head-only":
      return "PEFT has no adapter that is only a classifier.";
    case "discrete-prompt":
      return "Nothing was trained; there is no adapter to write.";
    case "bitfit":
    case "top-layers":
      return "PEFT has no adapter that is a part of the model's own weights.";
    case "adapters":
      return "PEFT has no bottleneck adapters of this form.";
    case "full-fine-tuning":
      return "A fully fine-tuned model is no adapter.";
    default:
      return method satisfies never;
  }
}

/** Throws when PEFT has no such method; `reasonNotPeft` says so beforehand. */
export function peftAdapterOf({ experiment, tensors }: Adapter, model: LoadedModel): PeftAdapter {
  const { method, task } = experiment;
  const { dimensions } = model.family;
  const bound = bindMethod(method, dimensions);
  const trained: TrainedValues = new Map(tensors.map(({ name, values }) => [name, values]));
  const own = new Set([...bound.tensors, ...model.family.weights].map(({ name }) => name));
  const header = {
    task: peftTaskOf[task.kind],
    baseModel: experiment.model,
    modelHash: model.hash,
    head: tensors
      .filter(({ name }) => !own.has(name))
      .map(fileTensor)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
  if (method.kind === "lora") return { ...header, ...loraParts(method, { tensors, trained, model }) };
  if (method.kind !== "prefix-tuning" && method.kind !== "prompt-tuning" && method.kind !== "p-tuning")
    throw new Error(`PEFT has no ${method.kind}.`);
  return {
    ...header,
    kind: "prompt",
    type: peftTypeOf[method.kind],
    layers: dimensions.layers,
    heads: dimensions.heads,
    width: dimensions.width,
    promptLength: method.promptLength,
    promptEmbeddings: bound.virtualTokens(trained),
  };
}

interface LoraRun {
  readonly tensors: readonly TrainedTensor[];
  readonly trained: TrainedValues;
  readonly model: LoadedModel;
}

function loraParts(settings: LoraSettings, { tensors, trained, model }: LoraRun) {
  const { family } = model;
  const roles = loraTargets(settings, family.dimensions);
  const modules = linearModules(family);
  const chosen = modules.filter(({ role }) => roles.includes(role));
  const weights = new Set(family.weights.map(({ name }) => name));
  const updates = chosen.map(({ name, ...place }): PeftUpdate => ({
    module: name,
    down: trainedTensor(trained, loraName(place, "A")),
    up: trainedTensor(trained, loraName(place, "B")),
  }));
  return {
    kind: "lora",
    rank: settings.rank,
    alpha: settings.alpha,
    bias: peftBiasOf[settings.biases],
    fanInFanOut: family.fanInFanOut,
    targetModules: shortestTargets(
      chosen.map(({ name }) => name),
      modules.map(({ name }) => name),
    ),
    updates,
    biases: tensors
      .filter(({ name }) => weights.has(name))
      .map((tensor) => ({ ...fileTensor(tensor), name: transformersName(family, tensor.name) })),
  } as const;
}

/** Ends of names as people write them (`query`, `attn.c_proj`) where PEFT finds the same modules by them; whole names otherwise. */
function shortestTargets(chosen: readonly string[], all: readonly string[]): readonly string[] {
  const ends = [...new Set(chosen.map((name) => shortestEnd(name, all)))];
  const found = all.filter((name) => ends.some((end) => name.endsWith(`.${end}`)));
  return found.length === chosen.length ? ends : chosen;
}

/** The shortest end that only modules of the same place in other layers have. */
function shortestEnd(name: string, all: readonly string[]): string {
  const place = (module: string): string => module.replace(/\.\d+\./, ".*.");
  const parts = name.split(".");
  for (let length = 1; length < parts.length; length++) {
    const end = parts.slice(-length).join(".");
    if (all.every((other) => !other.endsWith(`.${end}`) || place(other) === place(name))) return end;
  }
  return name;
}

/** Biases and other single rows are vectors in files. */
function fileTensor({ name, rows, width, values }: TrainedTensor): FileTensor {
  return { name, shape: name.endsWith(".bias") ? [width] : [rows, width], values };
}
