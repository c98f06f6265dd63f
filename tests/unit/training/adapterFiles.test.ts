/** Trained prompts as files and back: the studio's own pair, PEFT's where PEFT can hold the run, and why not elsewhere. */
import { describe, expect, it } from "vitest";
import { parseExperiment, type Experiment } from "../../../src/config/experiment.ts";
import { readPeftAdapter } from "../../../src/interop/peft.ts";
import { normalValues, randomStream } from "../../../src/lib/random.ts";
import { bindMethod } from "../../../src/methods/index.ts";
import type { Adapter } from "../../../src/training/adapter.ts";
import { exportAdapter, importAdapter } from "../../../src/training/adapterFiles.ts";
import { reasonNotPeft } from "../../../src/training/peftExport.ts";
import { setUpRun } from "../../../src/training/setup.ts";
import { fixtureModel, labelNames } from "../../parity/models.ts";

const model = await fixtureModel("tiny-bert");
const { dimensions } = model.family;

function experimentOf(method: object): Experiment {
  return parseExperiment({ model: "tiny-bert", method, training: { learningRate: 0.01, weightDecay: 0 } });
}

/** A run's result with random tensors. */
function adapterOf(method: object): Adapter {
  const experiment = experimentOf(method);
  const tensors = setUpRun(experiment, model, labelNames(2)).trained.map(({ name, rows, width }) => {
    return { name, rows, width, values: normalValues(randomStream(1, name), rows * width, 1) };
  });
  return { experiment, labels: ["no", "yes"], tensors };
}

function jsonOf(files: ReadonlyMap<string, Uint8Array>, name: string): unknown {
  return JSON.parse(new TextDecoder().decode(files.get(name)));
}

const studioFiles = ["studio.json", "studio.safetensors"];
const peftFiles = ["adapter_config.json", "adapter_model.safetensors"];

describe.each([
  { kind: "prefix-tuning", promptLength: 4 },
  { kind: "prefix-tuning", promptLength: 4, layers: [1, 2, 3] },
  { kind: "prefix-tuning", promptLength: 4, reparameterisation: "mlp", hiddenSize: 5 },
  { kind: "prompt-tuning", promptLength: 4 },
  { kind: "p-tuning", promptLength: 4, hiddenSize: 5 },
])("%j", (method) => {
  const adapter = adapterOf(method);
  const files = exportAdapter(adapter, model);

  it("is written for PEFT and for the studio", () => {
    expect([...files.keys()].toSorted()).toEqual([...peftFiles, ...studioFiles].toSorted());
  });

  it("comes back as it was", () => {
    expect(importAdapter(files, model)).toEqual(adapter);
  });

  it("holds the evaluated prompt for PEFT, without the network", () => {
    const trained = new Map(adapter.tensors.map(({ name, values }) => [name, values]));
    const promptEmbeddings = bindMethod(adapter.experiment.method, dimensions).virtualTokens(trained);
    const sizes = { promptLength: 4, layers: 3, heads: 3, width: 21, baseModel: "tiny-bert" };
    expect(readPeftAdapter(files)).toMatchObject({ ...sizes, promptEmbeddings, modelHash: model.hash });
  });

  it("answers the same when only PEFT's files are left, with labels that have no names", () => {
    const only = new Map([...files].filter(([name]) => peftFiles.includes(name)));
    const back = importAdapter(only, model);
    expect(back.labels).toEqual(["LABEL_0", "LABEL_1"]);
    expect(back.tensors.find(({ name }) => name === "classifier.weight")).toEqual(
      adapter.tensors.find(({ name }) => name === "classifier.weight"),
    );
    expect(setUpRun(back.experiment, model, labelNames(2)).trained.map(({ name }) => name)).toEqual(
      back.tensors.map(({ name }) => name),
    );
  });
});

describe.each([
  [{ kind: "prefix-tuning", promptLength: 4, layers: [1, 3] }, "zero keys are not the same as none"],
  [{ kind: "prompt-tuning", promptLength: 4, pooling: "cls" }, "this run reads [CLS]"],
  [{ kind: "p-tuning", promptLength: 4, placement: "after-cls" }, "here they stand elsewhere"],
  [{ kind: "head-only" }, "only a classifier"],
  [{ kind: "bitfit" }, "part of the model's own weights"],
  [{ kind: "top-layers" }, "part of the model's own weights"],
  [{ kind: "adapters", bottleneck: 3 }, "no bottleneck adapters"],
  [{ kind: "full-fine-tuning" }, "no adapter"],
])("%j", (method, reason) => {
  const adapter = adapterOf(method);

  it("is not written for PEFT, and the reason is told", () => {
    const files = exportAdapter(adapter, model);
    expect([...files.keys()]).toEqual(studioFiles);
    expect(reasonNotPeft(adapter.experiment, dimensions)).toContain(reason);
    expect(jsonOf(files, "studio.json")).toMatchObject({ notPeft: expect.stringContaining(reason) });
  });

  it("comes back as it was", () => {
    expect(importAdapter(exportAdapter(adapter, model), model)).toEqual(adapter);
  });
});

describe.each([
  [{ kind: "lora", rank: 2, alpha: 3 }, ["query", "value"]],
  [
    { kind: "lora", rank: 2, targets: "all" },
    ["query", "key", "value", "attention.output.dense", "intermediate.dense"],
  ],
  [
    { kind: "lora", rank: 1, targets: ["output"], biases: "updated" },
    ["0.output.dense", "1.output.dense", "2.output.dense"],
  ],
])("%j", (method, targets) => {
  const adapter = adapterOf(method);
  const files = exportAdapter(adapter, model);

  it("is written for PEFT with target_modules that name just these layers", () => {
    expect(jsonOf(files, "adapter_config.json")).toMatchObject({
      peft_type: "LORA",
      target_modules: expect.arrayContaining(targets),
    });
  });

  it("comes back as it was, from either pair of files", () => {
    expect(importAdapter(files, model)).toEqual(adapter);
    const back = importAdapter(new Map([...files].filter(([name]) => peftFiles.includes(name))), model);
    const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
    expect(back.tensors.toSorted(byName)).toEqual(adapter.tensors.toSorted(byName));
  });
});

it("writes the fields that PEFT needs to load a prefix", () => {
  const files = exportAdapter(adapterOf({ kind: "prefix-tuning", promptLength: 4 }), model);
  expect(jsonOf(files, "adapter_config.json")).toMatchObject({
    peft_type: "PREFIX_TUNING",
    task_type: "SEQ_CLS",
    num_virtual_tokens: 4,
    token_dim: 21,
    num_layers: 3,
    num_attention_heads: 3,
    num_transformer_submodules: 1,
    prefix_projection: false,
    encoder_hidden_size: 21,
    base_model_name_or_path: "tiny-bert",
    inference_mode: true,
  });
});

describe("a task that PEFT cannot run as the studio does", () => {
  it.each([
    [{ kind: "question-answering" }, "leaves out token types"],
    [{ kind: "sequence-classification", head: "verbalizer" }, "reads label words at a mask"],
  ])("is told: %j", (task, reason) => {
    const experiment = parseExperiment({ ...experimentOf({ kind: "prefix-tuning", promptLength: 4 }), task });
    expect(reasonNotPeft(experiment, dimensions)).toContain(reason);
  });

  it("is not answering questions without token types", () => {
    const task = { kind: "question-answering", tokenTypes: "none" };
    const experiment = parseExperiment({ ...experimentOf({ kind: "lora" }), task });
    expect(reasonNotPeft(experiment, dimensions)).toBeUndefined();
  });

  it("is not tagging words", () => {
    const task = { kind: "token-classification" };
    const experiment = parseExperiment({ ...experimentOf({ kind: "prefix-tuning", promptLength: 4 }), task });
    expect(reasonNotPeft(experiment, dimensions)).toBeUndefined();
  });
});
