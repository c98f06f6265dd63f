/** Adapters beside what PEFT's models answer with them: reading `fixtures/peft-kinds`, and the same answers from the studio. */
import { readdirSync, readFileSync } from "node:fs";
import { z } from "zod";
import type { Executor } from "../../src/engine/executor.ts";
import type { LoadedModel } from "../../src/models/loadModel.ts";
import { languageSequence } from "../../src/tasks/causalLanguageModel.ts";
import { crossEntropyOf } from "../../src/tasks/metrics/classification.ts";
import type { EncodedSequence } from "../../src/tasks/task.ts";
import type { Adapter } from "../../src/training/adapter.ts";
import { createPredictor } from "../../src/training/predict.ts";
import { fixtures } from "./models.ts";

const documentSchema = z.object({
  model: z.enum(["tiny-bert", "tiny-gpt2"]),
  task: z.enum(["SEQ_CLS", "TOKEN_CLS", "QUESTION_ANS", "CAUSAL_LM"]),
  ids: z.array(z.array(z.int())),
  types: z.array(z.array(z.int())),
  /** Per text the rows that are read: logits, or of a language model the loss of each label. */
  answers: z.array(z.array(z.array(z.number()))),
});
export type KindDocument = z.infer<typeof documentSchema>;

const folder = new URL("peft-kinds/", fixtures);
export const kindNames: readonly string[] = readdirSync(folder);

/** PEFT's two files of one adapter, by name. */
export function kindFiles(name: string): Map<string, Uint8Array> {
  return new Map(
    ["adapter_config.json", "adapter_model.safetensors"].map((file) => [
      file,
      new Uint8Array(readFileSync(new URL(`${name}/${file}`, folder))),
    ]),
  );
}

export function kindDocument(name: string): KindDocument {
  return documentSchema.parse(JSON.parse(readFileSync(new URL(`${name}/expected.json`, folder), "utf8")));
}

/** The studio's answers to the same texts, all rows end to end. */
export async function answersOf(
  adapter: Adapter,
  document: Pick<KindDocument, "task" | "ids" | "types">,
  { model, executor }: { readonly model: LoadedModel; readonly executor: Executor },
): Promise<number[]> {
  const { experiment, labels, tensors } = adapter;
  const values = new Map(tensors.map((tensor) => [tensor.name, tensor.values]));
  const predictor = await createPredictor({ experiment, labels, model, executor, values });
  const sequences = sequencesOf(document, model);
  const rows = await predictor.logits(sequences).finally(() => predictor.dispose());
  return document.task === "CAUSAL_LM" ? labelLosses(sequences, rows) : rows.flatMap((row) => [...row]);
}

/** Cross entropy of every label from logits over the vocabulary. */
function labelLosses(sequences: readonly EncodedSequence[], rows: readonly Float32Array[]): number[] {
  return sequences.flatMap(({ labels }, index) => {
    const logits = rows[index] ?? new Float32Array();
    const width = logits.length / labels.length;
    return Array.from(labels, (label, at) => crossEntropyOf(logits.slice(at * width, (at + 1) * width), label));
  });
}

/** PEFT takes token types of questions and drops them. */
function sequencesOf({ task, ids, types }: Pick<KindDocument, "task" | "ids" | "types">, { family }: LoadedModel) {
  return ids.map((own, index): EncodedSequence => {
    if (task === "CAUSAL_LM") return languageSequence(own, 1);
    const kept = task === "QUESTION_ANS" ? own.map(() => 0) : (types[index] ?? []);
    const encoding = { ids: Int32Array.from(own), types: Int32Array.from(kept), truncated: false };
    const labels = Int32Array.of(-1);
    if (task !== "SEQ_CLS") return { encoding, needed: Int32Array.from(own, (_, row) => row), labels };
    return { encoding, needed: family.causal ? Int32Array.of(own.length - 1) : "pooled", labels };
  });
}
