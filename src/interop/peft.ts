/**
 * PEFT's adapter files, exactly as PEFT 0.21 writes and reads them: adapter_config.json with the small field set that older
 * versions accept too, and adapter_model.safetensors. Knows no experiment; `training/adapterFiles.ts` does.
 */
import { z } from "zod";
import { checked, jsonOf } from "../lib/checked.ts";
import { readSafetensors, writeSafetensors, type FileTensor } from "./safetensors.ts";

export const peftFileNames = { config: "adapter_config.json", weights: "adapter_model.safetensors" } as const;

const peftTypes = ["PREFIX_TUNING", "PROMPT_TUNING", "P_TUNING"] as const;
export type PeftType = (typeof peftTypes)[number];

const peftTasks = ["SEQ_CLS", "TOKEN_CLS", "QUESTION_ANS", "CAUSAL_LM"] as const;
export type PeftTask = (typeof peftTasks)[number];

/** A prompt and the head above it, in PEFT's terms. */
export interface PeftAdapter {
  readonly type: PeftType;
  readonly task: PeftTask;
  readonly baseModel: string;
  readonly layers: number;
  readonly heads: number;
  /** Width of the model, `token_dim`. */
  readonly width: number;
  readonly promptLength: number;
  /** [P, L·2·D] for a prefix with row [K₀|V₀|K₁|V₁|…], [P, D] for a soft prompt, however it was produced. */
  readonly promptEmbeddings: Float32Array;
  /** Tensors of the head as transformers names them, e.g. `classifier.weight` [C, D]; none of a language model. */
  readonly head: readonly FileTensor[];
}

const configSchema = z.looseObject({
  peft_type: z.string(),
  task_type: z.string().nullish(),
  base_model_name_or_path: z.string().nullish(),
  num_virtual_tokens: z.int().positive().nullish(),
  num_layers: z.int().positive().nullish(),
  num_attention_heads: z.int().positive().nullish(),
  token_dim: z.int().positive().nullish(),
});

/** Both files of an adapter. */
export function writePeftAdapter(adapter: PeftAdapter): Map<string, Uint8Array> {
  const { type, task, width, promptLength, promptEmbeddings, head } = adapter;
  const config = {
    base_model_name_or_path: adapter.baseModel,
    inference_mode: true,
    modules_to_save: modulesToSave[task],
    num_attention_heads: adapter.heads,
    num_layers: adapter.layers,
    num_transformer_submodules: 1,
    num_virtual_tokens: promptLength,
    peft_type: type,
    revision: null,
    task_type: task,
    token_dim: width,
    ...(type === "PREFIX_TUNING" ? { encoder_hidden_size: width, prefix_projection: false } : {}),
    // PEFT builds no prompt encoder in inference mode; it reads the virtual tokens as they are.
    ...(type === "P_TUNING" ? { encoder_hidden_size: width, encoder_reparameterization_type: "MLP" } : {}),
  };
  const tensors: FileTensor[] = [
    ...head.map((tensor) => ({ ...tensor, name: headPrefix + tensor.name })),
    {
      name: "prompt_embeddings",
      shape: [promptLength, promptEmbeddings.length / promptLength],
      values: promptEmbeddings,
    },
  ];
  return new Map([
    [peftFileNames.config, new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`)],
    [peftFileNames.weights, writeSafetensors(tensors)],
  ]);
}

const headPrefix = "base_model.";

/** Heads that PEFT keeps beside the prompt, as its own configurations say. */
const modulesToSave: Readonly<Record<PeftTask, readonly string[] | null>> = {
  SEQ_CLS: ["classifier", "score"],
  TOKEN_CLS: ["classifier", "score"],
  QUESTION_ANS: ["qa_outputs"],
  CAUSAL_LM: null,
};

/** Reads both files. Throws with what was expected and what came when the studio cannot run the adapter. */
export function readPeftAdapter(files: ReadonlyMap<string, Uint8Array>): PeftAdapter {
  const description = jsonOf(fileOf(files, peftFileNames.config), peftFileNames.config);
  const config = checked(configSchema, description, peftFileNames.config);
  const type = peftTypes.find((known) => known === config.peft_type);
  if (type === undefined) {
    throw new Error(`This adapter is of type ${config.peft_type}; the studio reads ${peftTypes.join(" and ")}.`);
  }
  const task = peftTasks.find((known) => known === config.task_type);
  if (task === undefined) {
    throw new Error(
      `This adapter is for the task ${config.task_type ?? "(none)"}; the studio reads ${peftTasks.join(", ")}.`,
    );
  }
  const tensors = readSafetensors(fileOf(files, peftFileNames.weights), peftFileNames.weights);
  const prompt = tensorOf(tensors, "prompt_embeddings");
  const [promptLength = 0, columns = 0] = prompt.shape;
  const head = [...tensors.values()].flatMap((tensor) =>
    tensor.name.startsWith(headPrefix) ? [{ ...tensor, name: tensor.name.slice(headPrefix.length) }] : [],
  );
  const weight = head.find(({ name }) => name.endsWith(".weight"));
  if (weight === undefined && task !== "CAUSAL_LM") {
    throw new Error(`${peftFileNames.weights} has no head for ${task}; it holds ${[...tensors.keys()].join(", ")}.`);
  }
  const width = weight?.shape[1] ?? config.token_dim ?? columns;
  return {
    type,
    task,
    baseModel: config.base_model_name_or_path ?? "",
    layers: config.num_layers ?? Math.round(columns / (2 * width)),
    heads: config.num_attention_heads ?? 1,
    width,
    promptLength,
    promptEmbeddings: prompt.values,
    head,
  };
}

function fileOf(files: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  const bytes = files.get(name);
  if (bytes === undefined)
    throw new Error(`Expected a file named ${name}, found ${[...files.keys()].join(", ") || "none"}.`);
  return bytes;
}

function tensorOf(tensors: ReadonlyMap<string, FileTensor>, name: string): FileTensor {
  const tensor = tensors.get(name);
  if (tensor === undefined) {
    throw new Error(`${peftFileNames.weights} has no tensor "${name}"; it holds ${[...tensors.keys()].join(", ")}.`);
  }
  return tensor;
}
