/**
 * PEFT's adapter files, exactly as PEFT 0.21 writes and reads them: adapter_config.json with the small field set that older
 * versions accept too, and adapter_model.safetensors. Knows no experiment; `training/adapterFiles.ts` does.
 */
import { z } from "zod";
import { checked, jsonOf } from "../lib/checked.ts";
import { readSafetensors, writeSafetensors, type FileTensor } from "./safetensors.ts";

export const peftFileNames = { config: "adapter_config.json", weights: "adapter_model.safetensors" } as const;

const peftTypes = ["PREFIX_TUNING", "PROMPT_TUNING"] as const;
export type PeftType = (typeof peftTypes)[number];

/** A prompt and its classifier, in PEFT's terms. */
export interface PeftAdapter {
  readonly type: PeftType;
  readonly baseModel: string;
  readonly layers: number;
  readonly heads: number;
  /** Width of the model, `token_dim`. */
  readonly width: number;
  readonly promptLength: number;
  /** [P, L·2·D] for a prefix with row [K₀|V₀|K₁|V₁|…], [P, D] for a soft prompt. */
  readonly promptEmbeddings: Float32Array;
  /** [C, D] and [C]. */
  readonly classifierWeight: Float32Array;
  readonly classifierBias: Float32Array;
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

/** Both files of an adapter for sequence classification. */
export function writePeftAdapter(adapter: PeftAdapter): Map<string, Uint8Array> {
  const { type, width, promptLength, promptEmbeddings, classifierWeight, classifierBias } = adapter;
  const config = {
    base_model_name_or_path: adapter.baseModel,
    inference_mode: true,
    modules_to_save: ["classifier", "score"],
    num_attention_heads: adapter.heads,
    num_layers: adapter.layers,
    num_transformer_submodules: 1,
    num_virtual_tokens: promptLength,
    peft_type: type,
    revision: null,
    task_type: "SEQ_CLS",
    token_dim: width,
    ...(type === "PREFIX_TUNING" ? { encoder_hidden_size: width, prefix_projection: false } : {}),
  };
  const classes = classifierBias.length;
  const tensors: FileTensor[] = [
    { name: "base_model.classifier.bias", shape: [classes], values: classifierBias },
    { name: "base_model.classifier.weight", shape: [classes, width], values: classifierWeight },
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

/** Reads both files. Throws with what was expected and what came when the studio cannot run the adapter. */
export function readPeftAdapter(files: ReadonlyMap<string, Uint8Array>): PeftAdapter {
  const description = jsonOf(fileOf(files, peftFileNames.config), peftFileNames.config);
  const config = checked(configSchema, description, peftFileNames.config);
  const type = peftTypes.find((known) => known === config.peft_type);
  if (type === undefined) {
    throw new Error(`This adapter is of type ${config.peft_type}; the studio reads ${peftTypes.join(" and ")}.`);
  }
  if (config.task_type !== "SEQ_CLS") {
    throw new Error(`This adapter is for the task ${config.task_type ?? "(none)"}; the studio reads SEQ_CLS.`);
  }
  const tensors = readSafetensors(fileOf(files, peftFileNames.weights), peftFileNames.weights);
  const prompt = tensorOf(tensors, "prompt_embeddings");
  const weight = tensorOf(tensors, "base_model.classifier.weight");
  const [promptLength = 0] = prompt.shape;
  const width = weight.shape[1] ?? 0;
  const columns = prompt.values.length / promptLength;
  return {
    type,
    baseModel: config.base_model_name_or_path ?? "",
    layers: config.num_layers ?? Math.round(columns / (2 * width)),
    heads: config.num_attention_heads ?? 1,
    width,
    promptLength,
    promptEmbeddings: prompt.values,
    classifierWeight: weight.values,
    classifierBias: tensorOf(tensors, "base_model.classifier.bias").values,
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
