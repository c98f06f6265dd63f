/** Turns the files of a Hugging Face folder into a model that is ready to run. Where the files come from is not its business. */
import { readSafetensors, type FileTensor } from "../interop/safetensors.ts";
import { jsonOf } from "../lib/checked.ts";
import { sha256 } from "../lib/hash.ts";
import type { ModelAbilities } from "./abilities.schema.ts";
import type { FamilyModel } from "./family.ts";
import { configureModel } from "./index.ts";
import { openTokenizer, type Tokenizer } from "./tokenizer.ts";

export interface ModelFiles {
  readonly id: string;
  /** File contents by name: config.json, model.safetensors, a tokenizer's files. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export interface LoadedModel {
  readonly id: string;
  readonly family: FamilyModel;
  readonly tokenizer: Tokenizer;
  /** f32 weights by the family's names; with those of the language-model head when the file has one. */
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** SHA-256 of model.safetensors, hex. */
  readonly hash: string;
  readonly bytes: number;
  /** Tensors of the file that neither the family nor any usual head knows. */
  readonly unexpected: readonly string[];
}

/** Names of the files a model folder may hold, the ones that must be there first. */
export const modelFileNames = {
  required: ["config.json", "model.safetensors"],
  optional: ["tokenizer.json", "vocab.txt", "vocab.json", "merges.txt", "tokenizer_config.json"],
} as const;

/** Throws with what was expected and what came when a file is missing, damaged or does not fit the configuration. */
export async function loadModel({ id, files }: ModelFiles): Promise<LoadedModel> {
  for (const name of modelFileNames.required) {
    if (!files.has(name)) {
      throw new Error(
        `"${id}" has no ${name}. Expected a Hugging Face folder; found ${[...files.keys()].join(", ") || "nothing"}.`,
      );
    }
  }
  const family = configureModel(jsonOf(bytesOf(files, "config.json"), "config.json"));
  const file = bytesOf(files, "model.safetensors");
  const { weights, unexpected } = matchWeights(family, readSafetensors(file));
  const tokenizer = await openTokenizer({
    ...textEntry(files, "tokenizer.json", "tokenizerJson"),
    ...textEntry(files, "tokenizer_config.json", "configJson"),
    ...textEntry(files, "vocab.txt", "vocabulary"),
    ...textEntry(files, "vocab.json", "vocabularyJson"),
    ...textEntry(files, "merges.txt", "merges"),
  });
  const { vocabulary } = family.dimensions;
  if (tokenizer.hasId(vocabulary)) {
    throw new Error(
      `The tokenizer knows more words than the model's ${vocabulary}; the files belong to different models.`,
    );
  }
  return { id, family, tokenizer, weights, unexpected, hash: await sha256(file), bytes: file.length };
}

/** Finds every weight under one of its names and checks its shape. Throws naming all that are missing or do not fit. */
export function matchWeights(
  family: FamilyModel,
  tensors: ReadonlyMap<string, FileTensor>,
): { weights: Map<string, Float32Array>; unexpected: string[] } {
  const weights = new Map<string, Float32Array>();
  const used = new Set<string>();
  const problems: string[] = [];
  for (const { name, rows, width } of family.weights) {
    const found = family.weightAliases(name).find((alias) => tensors.has(alias));
    const tensor = found === undefined ? undefined : tensors.get(found);
    if (found === undefined || tensor === undefined) {
      problems.push(`"${name}" is missing`);
    } else if (tensor.values.length !== rows * width || (tensor.shape.at(-1) ?? 1) !== width) {
      problems.push(`"${found}" has shape [${tensor.shape.join(", ")}], config.json asks for [${rows}, ${width}]`);
    } else {
      weights.set(name, tensor.values);
      used.add(found);
    }
  }
  if (problems.length > 0) {
    const shown = problems.slice(0, 8).join("; ");
    const more = problems.length > 8 ? ` and ${problems.length - 8} more` : "";
    throw new Error(`model.safetensors does not fit config.json: ${shown}${more}.`);
  }
  for (const [name, values] of languageModelWeights(family, tensors)) weights.set(name, values);
  const unexpected = [...tensors.keys()].filter((name) => !used.has(name) && !family.isKnownExtra(name));
  return { weights, unexpected };
}

/** What can be asked of the model. A family without weights for it has a tied decoder, or no language-model head. */
export function abilitiesOf({ id, family, weights }: LoadedModel): ModelAbilities {
  const { causal, languageModelWeights } = family;
  const known = languageModelWeights.every(({ name }) => weights.has(name));
  return { id, family: family.family, causal, languageModel: known && (causal || languageModelWeights.length > 0) };
}

/** The language-model head where the file has all of it in the right sizes; nothing otherwise, as most tasks do without. */
function languageModelWeights(
  family: FamilyModel,
  tensors: ReadonlyMap<string, FileTensor>,
): ReadonlyMap<string, Float32Array> {
  const found = family.languageModelWeights.flatMap(({ name, rows, width }) => {
    const alias = family.weightAliases(name).find((known) => tensors.has(known));
    const values = alias === undefined ? undefined : tensors.get(alias)?.values;
    return values?.length === rows * width ? [[name, values] as const] : [];
  });
  return new Map(found.length === family.languageModelWeights.length ? found : []);
}

function bytesOf(files: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  const bytes = files.get(name);
  if (bytes === undefined) throw new Error(`The model folder has no ${name}.`);
  return bytes;
}

function textEntry<Key extends string>(
  files: ReadonlyMap<string, Uint8Array>,
  name: string,
  key: Key,
): Partial<Record<Key, string>> {
  const bytes = files.get(name);
  const entry: Partial<Record<string, string>> = bytes === undefined ? {} : { [key]: new TextDecoder().decode(bytes) };
  return entry;
}
