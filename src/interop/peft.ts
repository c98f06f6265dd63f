/**
 * PEFT's adapter files, exactly as PEFT 0.21 writes and reads them: adapter_config.json with the small field set that older
 * versions accept too, and adapter_model.safetensors. Knows no experiment; `training/peftAdapter.ts` does.
 */
import { z } from "zod";
import { checked, jsonOf } from "../lib/checked.ts";
import {
  peftFileNames,
  peftPromptTypes,
  peftTasks,
  TensorShelf,
  type PeftAdapter,
  type PeftFields,
  type PeftTask,
} from "./peftFormat.ts";
import { readPeftLora, writePeftLora } from "./peftLora.ts";
import { readPeftPrompt, writePeftPrompt } from "./peftPrompt.ts";
import { readMetadata, readSafetensors, writeSafetensors } from "./safetensors.ts";

/** Where the studio notes in the weights file which model they were trained for; PEFT passes it over. */
const hashKey = "base_model_sha256";

/** Both files of an adapter. */
export function writePeftAdapter(adapter: PeftAdapter): Map<string, Uint8Array> {
  const { fields, tensors } = adapter.kind === "lora" ? writePeftLora(adapter) : writePeftPrompt(adapter);
  const config = {
    ...fields,
    base_model_name_or_path: adapter.baseModel,
    inference_mode: true,
    peft_type: adapter.kind === "lora" ? "LORA" : adapter.type,
    revision: null,
    task_type: adapter.task,
  };
  const sorted = Object.fromEntries(Object.entries(config).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const metadata = adapter.modelHash === undefined ? {} : { [hashKey]: adapter.modelHash };
  return new Map([
    [peftFileNames.config, new TextEncoder().encode(`${JSON.stringify(sorted, null, 2)}\n`)],
    [peftFileNames.weights, writeSafetensors(tensors, metadata)],
  ]);
}

const headerSchema = z.looseObject({
  peft_type: z.string(),
  task_type: z.string().nullish(),
  base_model_name_or_path: z.string().nullish(),
});

/** Reads both files. Throws with what was expected and what came when the studio cannot run the adapter. */
export function readPeftAdapter(files: ReadonlyMap<string, Uint8Array>): PeftAdapter {
  const description = jsonOf(fileOf(files, peftFileNames.config), peftFileNames.config);
  const fields = checked(headerSchema, description, peftFileNames.config);
  const read = readerOf(fields.peft_type);
  const task = taskOf(fields);
  const weights = fileOf(files, peftFileNames.weights);
  const shelf = new TensorShelf(readSafetensors(weights, peftFileNames.weights));
  const parts = read(fields, shelf);
  shelf.finish(fields.peft_type);
  if (parts.head.length === 0 && task !== "CAUSAL_LM") {
    throw new Error(
      `${peftFileNames.weights} has no head for ${task}: expected base_model.classifier.*, base_model.score.* or base_model.qa_outputs.*. Save it with PEFT's own save_pretrained.`,
    );
  }
  const modelHash = readMetadata(weights, peftFileNames.weights)[hashKey];
  const baseModel = fields.base_model_name_or_path ?? "";
  return { ...parts, task, baseModel, ...(modelHash === undefined ? {} : { modelHash }) };
}

function readerOf(type: string): typeof readPeftPrompt | typeof readPeftLora {
  if (type === "LORA") return readPeftLora;
  if (peftPromptTypes.some((known) => known === type)) return readPeftPrompt;
  throw new Error(`This adapter is of type ${type}; the studio reads ${[...peftPromptTypes, "LORA"].join(", ")}.`);
}

function taskOf({ task_type: type }: PeftFields): PeftTask {
  const task = peftTasks.find((known) => known === type);
  if (task !== undefined) return task;
  const got = typeof type === "string" ? type : "(none)";
  throw new Error(
    `This adapter is for the task ${got}; the studio reads ${peftTasks.join(", ")}. Set task_type in ${peftFileNames.config} if it is one of these.`,
  );
}

function fileOf(files: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  const bytes = files.get(name);
  if (bytes === undefined)
    throw new Error(`Expected a file named ${name}, found ${[...files.keys()].join(", ") || "none"}.`);
  return bytes;
}
