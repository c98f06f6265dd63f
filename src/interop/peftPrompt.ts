/** PEFT's soft prompts and prefixes: PROMPT_TUNING, P_TUNING (its network's output) and PREFIX_TUNING (always flattened). */
import { z } from "zod";
import {
  commonFields,
  modulesToSave,
  peftFileNames,
  peftPromptTypes,
  readFields,
  type PeftFields,
  type PeftPrompt,
  type TensorShelf,
} from "./peftFormat.ts";
import type { FileTensor } from "./safetensors.ts";

const headPrefix = "base_model.";
const promptName = "prompt_embeddings";

/** Those about a start, a network or a tokenizer matter to training in PEFT only. */
const knownFields = [
  ...commonFields,
  "num_attention_heads",
  "num_layers",
  "num_transformer_submodules",
  "num_virtual_tokens",
  "token_dim",
  "prompt_tuning_init",
  "prompt_tuning_init_text",
  "tokenizer_kwargs",
  "tokenizer_name_or_path",
  "encoder_dropout",
  "encoder_hidden_size",
  "encoder_num_layers",
  "encoder_reparameterization_type",
  "init_weights",
  "prefix_projection",
];

const schema = z.looseObject({
  peft_type: z.enum(peftPromptTypes),
  num_virtual_tokens: z.int().positive(),
  num_transformer_submodules: z.int().positive().nullish(),
  num_layers: z.int().positive().nullish(),
  num_attention_heads: z.int().positive().nullish(),
  token_dim: z.int().positive().nullish(),
});

type PromptParts = Pick<
  PeftPrompt,
  "kind" | "type" | "layers" | "heads" | "width" | "promptLength" | "promptEmbeddings" | "head"
>;

/** Throws when configuration and tensors do not belong together. */
export function readPeftPrompt(fields: PeftFields, shelf: TensorShelf): PromptParts {
  const config = readFields(fields, schema, knownFields);
  const { peft_type: type, num_virtual_tokens: promptLength } = config;
  const prompt = shelf.take(promptName);
  const [rows = 0, columns = 0] = prompt.shape;
  if (rows !== promptLength || prompt.shape.length !== 2) {
    const stacks = (config.num_transformer_submodules ?? 1) > 1 ? " Models of encoder and decoder are not read." : "";
    throw new Error(
      `${peftFileNames.config} says ${promptLength} virtual tokens, but "${promptName}" has shape [${prompt.shape.join(", ")}].${stacks}`,
    );
  }
  const head = shelf.takeHead(headPrefix);
  const headWidth = head.find(({ name }) => name.endsWith(".weight"))?.shape[1];
  const width = config.token_dim ?? headWidth ?? (type === "PREFIX_TUNING" ? 0 : columns);
  const layers = config.num_layers ?? (type === "PREFIX_TUNING" && width > 0 ? columns / (2 * width) : 0);
  const expected = type === "PREFIX_TUNING" ? layers * 2 * width : width;
  if (columns !== expected) {
    throw new Error(
      `"${promptName}" has ${columns} columns; ${type} with token_dim ${width}${type === "PREFIX_TUNING" ? ` and num_layers ${layers}` : ""} needs ${expected}.`,
    );
  }
  const heads = config.num_attention_heads ?? 0;
  return { kind: "prompt", type, layers, heads, width, promptLength, promptEmbeddings: prompt.values, head };
}

/** Fields and tensors of a prompt. */
export function writePeftPrompt(adapter: PeftPrompt): { fields: PeftFields; tensors: FileTensor[] } {
  const { type, task, width, promptLength, promptEmbeddings, head } = adapter;
  const fields = {
    modules_to_save: modulesToSave[task],
    num_attention_heads: adapter.heads,
    num_layers: adapter.layers,
    num_transformer_submodules: 1,
    num_virtual_tokens: promptLength,
    token_dim: width,
    ...(type === "PREFIX_TUNING" ? { encoder_hidden_size: width, prefix_projection: false } : {}),
    // PEFT builds no prompt encoder in inference mode; it reads the virtual tokens as they are.
    ...(type === "P_TUNING" ? { encoder_hidden_size: width, encoder_reparameterization_type: "MLP" } : {}),
  };
  const shape = [promptLength, promptEmbeddings.length / promptLength];
  return {
    fields,
    tensors: [
      ...head.map((tensor) => ({ ...tensor, name: headPrefix + tensor.name })),
      { name: promptName, shape, values: promptEmbeddings },
    ],
  };
}
