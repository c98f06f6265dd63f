/** Adapters that the studio cannot run, and what it says about them. */
import { describe, expect, it } from "vitest";
import { DataError } from "../../../src/lib/errors.ts";
import { peftFileNames } from "../../../src/interop/peftFormat.ts";
import { readSafetensors, writeSafetensors, type FileTensor } from "../../../src/interop/safetensors.ts";
import { exportAdapter, importAdapter } from "../../../src/training/adapterFiles.ts";
import { kindFiles } from "../../parity/kinds.ts";
import { fixtureModel } from "../../parity/models.ts";

const model = await fixtureModel("tiny-bert");

type Files = ReadonlyMap<string, Uint8Array>;

/** An adapter that PEFT wrote, with fields changed (undefined removes one). */
function withFields(files: Files, changes: Record<string, unknown>): Files {
  const config = JSON.parse(new TextDecoder().decode(files.get(peftFileNames.config)));
  const json = JSON.stringify({ ...config, ...changes });
  return new Map([...files, [peftFileNames.config, new TextEncoder().encode(json)]]);
}

/** The same with other tensors. */
function withTensors(files: Files, change: (tensors: Map<string, FileTensor>) => void): Files {
  const tensors = readSafetensors(files.get(peftFileNames.weights) ?? new Uint8Array());
  change(tensors);
  return new Map([...files, [peftFileNames.weights, writeSafetensors([...tensors.values()])]]);
}

const lora = kindFiles("bert-texts-lora");
const prompt = kindFiles("bert-tags-prompt");
const prefix = kindFiles("bert-tags-prefix");
const query = "base_model.model.bert.encoder.layer.0.attention.self.query";
const zeros = (name: string, ...shape: number[]): FileTensor => {
  return { name, shape, values: new Float32Array(shape.reduce((product, length) => product * length, 1)) };
};

describe("an adapter that the studio cannot run", () => {
  it("is a mistake of what was given, which the command line prints without a stack", () => {
    expect(() => importAdapter(new Map(), model)).toThrow(DataError);
  });

  it.each<[string, Files, string]>([
    ["nothing", new Map(), "Expected studio.json or adapter_config.json in the adapter folder; found nothing"],
    ["a type the studio lacks", withFields(lora, { peft_type: "IA3" }), "type IA3; the studio reads PREFIX_TUNING"],
    ["a task the studio lacks", withFields(lora, { task_type: "SEQ_2_SEQ_LM" }), "for the task SEQ_2_SEQ_LM"],
    ["no task", withFields(lora, { task_type: null }), "for the task (none)"],
    ["a config that is not JSON", new Map([...lora, [peftFileNames.config, new Uint8Array(3)]]), "is not JSON"],
    ["no weights", new Map([...lora].slice(0, 1)), "Expected a file named adapter_model.safetensors"],
    ["cut-off weights", cutOff(lora), "The file is truncated"],
    ["a missing field", withFields(prompt, { num_virtual_tokens: undefined }), "num_virtual_tokens"],
    ["a missing field of updates", withFields(lora, { lora_alpha: undefined }), "lora_alpha"],
    ["an unknown field", withFields(lora, { use_dora: true }), 'sets "use_dora" to true'],
    ["an unknown field of prompts", withFields(prompt, { mask: "wide" }), 'sets "mask" to "wide"'],
    ["a start that changes the model", withFields(lora, { init_lora_weights: "pissa" }), "Convert the adapter"],
    ["another length", withFields(prompt, { num_virtual_tokens: 3 }), 'says 3 virtual tokens, but "prompt_embeddings"'],
    ["another rank", withFields(lora, { r: 4 }), "says rank r = 4"],
    ["no prompt", withTensors(prompt, (tensors) => void tensors.delete("prompt_embeddings")), "no tensor"],
    ["half an update", withTensors(lora, (tensors) => void tensors.delete(`${query}.lora_B.weight`)), "no tensor"],
    [
      "an unknown tensor",
      withTensors(lora, (tensors) => void tensors.set("extra", zeros("extra", 2))),
      'do not belong to LORA of one of the studio\'s models: "extra"',
    ],
    [
      "no head",
      withTensors(prompt, (tensors) => {
        tensors.delete("base_model.classifier.weight");
        tensors.delete("base_model.classifier.bias");
      }),
      "has no head for TOKEN_CLS",
    ],
    [
      "half a head",
      withTensors(prompt, (tensors) => void tensors.delete("base_model.classifier.bias")),
      'no tensor "classifier.bias"',
    ],
    [
      "an update of the pooler",
      withTensors(lora, (tensors) => {
        for (const [part, ...shape] of [["A", 2, 21] as const, ["B", 21, 2] as const]) {
          const name = `base_model.model.bert.pooler.dense.lora_${part}.weight`;
          tensors.set(name, zeros(name, ...shape));
        }
      }),
      'updates "bert.pooler.dense"; the studio updates the linear layers',
    ],
    ["another depth", withFields(prefix, { num_layers: 12 }), "num_layers 12 needs"],
    [
      "another number of heads",
      withFields(prefix, { num_attention_heads: 7 }),
      "its num_attention_heads is 7; expected 3. Open the model it was trained for",
    ],
    ["another family", kindFiles("gpt2-texts-lora"), 'it updates "transformer.h.0.attn.c_attn"'],
  ])("because it has %s says so", (_reason, files, message) => {
    expect(() => importAdapter(files, model)).toThrow(message);
  });
});

/** The weights without their last bytes, as after a download that broke off. */
function cutOff(files: Files): Files {
  const bytes = files.get(peftFileNames.weights) ?? new Uint8Array();
  return new Map([...files, [peftFileNames.weights, bytes.slice(0, -100)]]);
}

describe("an adapter of another model", () => {
  it("of other sizes is told by its shapes", async () => {
    const other = await fixtureModel("encoder-l4-d128");
    expect(() => importAdapter(prefix, other)).toThrow("token_dim is 21; expected 128");
    expect(() => importAdapter(lora, other)).toThrow("is updated from 21 to 21 numbers; expected 128 to 128");
  });

  it.each([["studio.json"], ["adapter_config.json"]])("of the same sizes is told by its hash, from %s", (kept) => {
    const written = exportAdapter(importAdapter(lora, model), model);
    const files = new Map([...written].filter(([name]) => name.startsWith("studio") === kept.startsWith("studio")));
    expect(importAdapter(files, model).labels).toHaveLength(3);
    const other = { ...model, hash: "0".repeat(64) };
    expect(() => importAdapter(files, other)).toThrow("trained for another version of tiny-bert");
  });
});
