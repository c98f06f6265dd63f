/** GPT-2's config.json: what the studio reads of it, what it refuses, and what follows from it. No graph is built here. */
import { z } from "zod";
import type { ActivationKind } from "../engine/graph/operations/activation.ts";

const activations = {
  gelu_new: "gelu-tanh",
  gelu_pytorch_tanh: "gelu-tanh",
  gelu: "gelu",
  relu: "relu",
  tanh: "tanh",
} as const;

const configSchema = z.object({
  model_type: z.literal("gpt2"),
  vocab_size: z.int().positive(),
  n_positions: z.int().positive().default(1024),
  n_embd: z.int().positive(),
  n_layer: z.int().positive(),
  n_head: z.int().positive(),
  /** Width of the feed-forward block; null means four times the model's. */
  n_inner: z.int().positive().nullable().default(null),
  activation_function: z.enum(["gelu_new", "gelu_pytorch_tanh", "gelu", "relu", "tanh"]).default("gelu_new"),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  scale_attn_weights: z.boolean().default(true),
  scale_attn_by_inverse_layer_idx: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(true),
  add_cross_attention: z.literal(false).default(false),
});

export type Gpt2Config = z.infer<typeof configSchema>;

/** Throws naming each field that cannot be run, what was expected and what was found. */
export function parseGpt2Config(input: unknown): Gpt2Config {
  const parsed = configSchema.safeParse(input);
  if (!parsed.success) {
    const fields = parsed.error.issues.map(({ path, message }) => {
      const field = path.join(".");
      return `${field}: ${message}, found ${JSON.stringify(valueOf(input, field)) ?? "nothing"}`;
    });
    throw new Error(`config.json does not describe a GPT-2 decoder this studio can run. ${fields.join("; ")}`);
  }
  const { n_embd: width, n_head: heads } = parsed.data;
  if (width % heads !== 0) {
    throw new Error(`config.json: n_embd ${width} cannot be divided into ${heads} attention heads (n_head).`);
  }
  return parsed.data;
}

function valueOf(input: unknown, field: string): unknown {
  const record: Readonly<Record<string, unknown>> = typeof input === "object" && input !== null ? { ...input } : {};
  return record[field];
}

/** F, the width of the feed-forward block. */
export function innerWidth({ n_inner, n_embd }: Gpt2Config): number {
  return n_inner ?? 4 * n_embd;
}

export function activationOf({ activation_function }: Gpt2Config): ActivationKind {
  return activations[activation_function];
}

/** The prefix of a layer's tensors, by 0-based layer. */
export function layerName(layer: number): string {
  return `h.${layer}`;
}
