/**
 * What PEFT's adapter files hold, in PEFT's terms, and what the readers and writers of its kinds share. The kinds stand in
 * `peftPrompt.ts` and `peftLora.ts`, both files together in `peft.ts`.
 */
import type { z } from "zod";
import { checked } from "../lib/checked.ts";
import type { FileTensor } from "./safetensors.ts";

export const peftFileNames = { config: "adapter_config.json", weights: "adapter_model.safetensors" } as const;

export const peftPromptTypes = ["PREFIX_TUNING", "PROMPT_TUNING", "P_TUNING"] as const;
export type PeftPromptType = (typeof peftPromptTypes)[number];

export const peftTasks = ["SEQ_CLS", "TOKEN_CLS", "QUESTION_ANS", "CAUSAL_LM"] as const;
export type PeftTask = (typeof peftTasks)[number];

interface PeftHeader {
  readonly task: PeftTask;
  readonly baseModel: string;
  /** SHA-256 of the base model's weights file, hex; only the studio's own files tell it. */
  readonly modelHash?: string;
  /** Tensors of the head as transformers names them, e.g. `classifier.weight` [C, D]; none of a language model. */
  readonly head: readonly FileTensor[];
}

/** Virtual tokens and the head above them. */
export interface PeftPrompt extends PeftHeader {
  readonly kind: "prompt";
  readonly type: PeftPromptType;
  readonly layers: number;
  readonly heads: number;
  /** Width of the model, `token_dim`. */
  readonly width: number;
  readonly promptLength: number;
  /** [P, L·2·D] for a prefix with row [K₀|V₀|K₁|V₁|…], [P, D] for a soft prompt, however it was produced. */
  readonly promptEmbeddings: Float32Array;
}

/** y + (alpha / rank)·x·Aᵀ·Bᵀ beside one linear layer. */
export interface PeftUpdate {
  /** The layer as transformers names it in a model with a head, e.g. `bert.encoder.layer.0.attention.self.query`. */
  readonly module: string;
  /** A [rank, inputs] */
  readonly down: Float32Array;
  /** B [outputs, rank] */
  readonly up: Float32Array;
}

export const peftBiases = ["none", "lora_only", "all"] as const;

/** Low-rank updates, all of one rank, and the head above them. */
export interface PeftLora extends PeftHeader {
  readonly kind: "lora";
  readonly rank: number;
  readonly alpha: number;
  readonly bias: (typeof peftBiases)[number];
  /** The base model's linear weights lie [in, out], as in transformers' Conv1D. */
  readonly fanInFanOut: boolean;
  /** Ends of module names, or whole ones. */
  readonly targetModules: readonly string[];
  readonly updates: readonly PeftUpdate[];
  /** Trained biases of the base model by transformers' name. */
  readonly biases: readonly FileTensor[];
}

export type PeftAdapter = PeftPrompt | PeftLora;

/** Heads that PEFT keeps beside a prompt or an update, as its own configurations say. */
export const modulesToSave: Readonly<Record<PeftTask, readonly string[] | null>> = {
  SEQ_CLS: ["classifier", "score"],
  TOKEN_CLS: ["classifier", "score"],
  QUESTION_ANS: ["qa_outputs"],
  CAUSAL_LM: null,
};

/** A configuration as PEFT wrote it: its fields by name. */
export type PeftFields = Readonly<Record<string, unknown>>;

/** The fields every kind has. */
export const commonFields = [
  "auto_mapping",
  "base_model_name_or_path",
  "inference_mode",
  "modules_to_save",
  "peft_type",
  "peft_version",
  "revision",
  "task_type",
] as const;

/**
 * The fields that a kind reads, checked. Throws on a field that neither this kind nor its reader knows, unless it is
 * switched off: it may change what the adapter computes.
 */
export function readFields<Fields>(fields: PeftFields, schema: z.ZodType<Fields>, known: readonly string[]): Fields {
  const odd = Object.keys(fields).find((name) => !known.includes(name) && !isOff(fields[name]));
  if (odd !== undefined) {
    throw new Error(
      `${peftFileNames.config} sets "${odd}" to ${JSON.stringify(fields[odd])}, which the studio does not know and cannot leave out. Save the adapter without it.`,
    );
  }
  return checked(schema, fields, peftFileNames.config);
}

function isOff(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** The tensors of a file, taken out one by one, so that whatever is left was not understood. */
export class TensorShelf {
  readonly #tensors: Map<string, FileTensor>;
  readonly #names: string;

  constructor(tensors: ReadonlyMap<string, FileTensor>) {
    this.#tensors = new Map(tensors);
    this.#names = [...tensors.keys()].slice(0, 6).join(", ") + (tensors.size > 6 ? ", …" : "");
  }

  get names(): readonly string[] {
    return [...this.#tensors.keys()];
  }

  /** Throws, naming what is there, when the file has no such tensor. */
  take(name: string): FileTensor {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) {
      throw new Error(`${peftFileNames.weights} has no tensor "${name}"; it holds ${this.#names || "none"}.`);
    }
    this.#tensors.delete(name);
    return tensor;
  }

  /** Tensors of the head, with `prefix` taken off their names. */
  takeHead(prefix: string): FileTensor[] {
    return this.names
      .filter((name) => name.startsWith(prefix) && headName.test(name.slice(prefix.length)))
      .map((name) => ({ ...this.take(name), name: name.slice(prefix.length) }));
  }

  /** Throws, naming them, when tensors are left. */
  finish(type: string): void {
    const [first] = this.names;
    if (first === undefined) return;
    const others = this.names.length > 1 ? ` and ${this.names.length - 1} more` : "";
    throw new Error(
      `${peftFileNames.weights} has tensors that do not belong to ${type} of one of the studio's models: "${first}"${others}.`,
    );
  }
}

const headName = /^(?:classifier|score|qa_outputs)\.(?:weight|bias)$/;

/** The name of a base model or of its path, for messages. */
export function namedBase(baseModel: string): string {
  return baseModel === "" ? "another model" : `"${baseModel}"`;
}
