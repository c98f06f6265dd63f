/** What `predict` and `train --continue` say about adapters that cannot be used; what is wrong with each is told in one sentence. */
import { afterAll, describe, it } from "vitest";
import { peftFileNames } from "../../../src/interop/peftFormat.ts";
import { exportAdapter, importAdapter } from "../../../src/training/adapterFiles.ts";
import { kindFiles } from "../../parity/kinds.ts";
import { fixtureModel, modelFolders, readModelFiles } from "../../parity/models.ts";
import { expectMistake, WorkFolder } from "./support.ts";

const tinyBert = modelFolders["tiny-bert"];
const folder = new WorkFolder();
afterAll(() => folder.remove());

const labelled = folder.write("labelled.csv", "text,label\na good film,positive\na bad film,negative\n");
const texts = folder.write("texts.jsonl", JSON.stringify({ text: "a good film" }));

describe("an adapter that cannot be used", () => {
  const lora = kindFiles("bert-texts-lora");
  const prompt = kindFiles("bert-tags-prompt");
  const withFields = (files: ReadonlyMap<string, Uint8Array>, changes: object): Map<string, Uint8Array> => {
    const config: unknown = JSON.parse(new TextDecoder().decode(files.get(peftFileNames.config)));
    const json = JSON.stringify(Object.assign({}, config, changes));
    return new Map([...files, [peftFileNames.config, new TextEncoder().encode(json)]]);
  };
  const predicting = (model: string, adapter: string): string[] => [
    "predict",
    "--model",
    model,
    "--adapter",
    adapter,
    "--input",
    texts,
    "--backend",
    "cpu",
    "--json",
  ];

  it.each<[string, ReadonlyMap<string, Uint8Array>, readonly string[]]>([
    [
      "an unsupported type",
      withFields(lora, { peft_type: "IA3" }),
      ["This adapter is of type IA3; the studio reads PREFIX_TUNING, PROMPT_TUNING, P_TUNING, LORA."],
    ],
    ["an unsupported task", withFields(lora, { task_type: "SEQ_2_SEQ_LM" }), ["for the task SEQ_2_SEQ_LM"]],
    [
      "a missing field",
      withFields(prompt, { num_virtual_tokens: undefined }),
      ["adapter_config.json", "num_virtual_tokens"],
    ],
    ["an unknown field", withFields(lora, { use_dora: true }), ['sets "use_dora" to true']],
    [
      "another base model by its names",
      kindFiles("gpt2-texts-prompt"),
      ['has the head tensor "score.weight"; sequence-classification on tiny-bert expects classifier.weight'],
    ],
    [
      "no files",
      new Map([["notes.txt", new Uint8Array(1)]]),
      ["Expected studio.json or adapter_config.json in the adapter folder; found notes.txt."],
    ],
  ])("says so: %s", async (name, files, messages) => {
    const adapter = folder.writeAll(`adapter-${name.replaceAll(" ", "-")}`, files);
    await expectMistake(predicting(tinyBert, adapter), ...messages);
    await expectMistake([...predicting(tinyBert, adapter), "--adapter", `again=${adapter}`], ...messages);
  });

  it("says so: another base model by its shapes, the built-in one", async () => {
    const adapter = folder.writeAll("adapter-narrow", kindFiles("bert-tags-prefix"));
    await expectMistake(
      predicting("encoder-l4-d128", adapter),
      "token_dim is 21; expected 128",
      "Open the model it was trained for",
    );
  });

  it.each(["predict", "train"])("says so: another base model of the same sizes by its hash, to %s", async (command) => {
    const model = await fixtureModel("tiny-bert");
    const adapter = folder.writeAll("adapter-own", exportAdapter(importAdapter(lora, model), model));
    const files = readModelFiles("tiny-bert");
    const weights = files.get("model.safetensors")?.slice() ?? new Uint8Array();
    const last = weights.length - 1;
    weights[last] = (weights[last] ?? 0) ^ 1;
    const changed = folder.writeAll("changed/tiny-bert", new Map([...files, ["model.safetensors", weights]]));
    const going = ["train", "--continue", adapter, "--model", changed, "--train", labelled, "--eval", labelled];
    const args = command === "predict" ? predicting(changed, adapter) : [...going, "--out", folder.path("never")];
    await expectMistake(
      args,
      "This adapter was trained for another version of tiny-bert (weights",
      "Open the model it was trained for.",
    );
  });

  it("says so: no folder", async () => {
    await expectMistake(predicting(tinyBert, folder.path("gone")), "--adapter: there is no folder");
  });
});
