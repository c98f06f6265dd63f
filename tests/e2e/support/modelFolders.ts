/** Model folders as visitors might open them by mistake: each is the built-in model with one thing wrong. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const BUILT_IN = fileURLToPath(new URL("../../../public/models/encoder-l4-d128", import.meta.url));

/** A whole BERT encoder with 64 positions. */
export const tinyModelFolder = fileURLToPath(new URL("../../parity/fixtures/tiny-bert", import.meta.url));

export interface ModelFolders {
  /** model.safetensors holds text. */
  readonly notSafetensors: string;
  /** model.safetensors ends in the middle. */
  readonly truncated: string;
  /** config.json says T5. */
  readonly wrongArchitecture: string;
  readonly remove: () => void;
}

export function makeModelFolders(): ModelFolders {
  const root = mkdtempSync(join(tmpdir(), "softprompt-models-"));
  const copy = (name: string): string => {
    cpSync(BUILT_IN, join(root, name), { recursive: true });
    return join(root, name);
  };
  const notSafetensors = copy("text-inside");
  writeFileSync(join(notSafetensors, "model.safetensors"), "<!doctype html><title>404: not found</title>");
  const truncated = copy("cut-off");
  const weights = readFileSync(join(truncated, "model.safetensors"));
  writeFileSync(join(truncated, "model.safetensors"), weights.subarray(0, weights.length / 2));
  const wrongArchitecture = copy("other-family");
  writeFileSync(join(wrongArchitecture, "config.json"), JSON.stringify({ model_type: "t5", num_layers: 12 }));
  return { notSafetensors, truncated, wrongArchitecture, remove: () => rmSync(root, { recursive: true }) };
}
