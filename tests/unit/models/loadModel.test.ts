/** From the files of a Hugging Face folder to a model: what is accepted under which names, and what is refused how. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { readSafetensors, writeSafetensors, type FileTensor } from "../../../src/interop/safetensors.ts";
import { loadModel, type LoadedModel } from "../../../src/models/loadModel.ts";
import { fixtureModel, readModelFiles } from "../../parity/models.ts";

const tinyFiles = readModelFiles("tiny-bert");

/** Loads tiny-bert with some of its files replaced; undefined removes one. */
function loadWith(changes: Record<string, Uint8Array | string | undefined>): Promise<LoadedModel> {
  const files = new Map(tinyFiles);
  for (const [name, content] of Object.entries(changes)) {
    if (content === undefined) files.delete(name);
    else files.set(name, typeof content === "string" ? new TextEncoder().encode(content) : content);
  }
  return loadModel({ id: "changed", files });
}

/** tiny-bert's weight file after a change to its tensors. */
function weightsAfter(change: (tensors: FileTensor[]) => FileTensor[]): Uint8Array {
  const bytes = tinyFiles.get("model.safetensors") ?? new Uint8Array();
  return writeSafetensors(change([...readSafetensors(bytes).values()]));
}

function configAfter(change: Record<string, unknown>): string {
  const config: unknown = JSON.parse(new TextDecoder().decode(tinyFiles.get("config.json")));
  return JSON.stringify(Object.assign({}, config, change));
}

function renamed(rename: (name: string) => string): Uint8Array {
  return weightsAfter((tensors) => tensors.map((tensor) => ({ ...tensor, name: rename(tensor.name) })));
}

describe("a complete folder", () => {
  it("gives every weight that the configuration asks for, in its size", async () => {
    const { family, weights, unexpected } = await fixtureModel("tiny-bert");
    expect([...weights.keys()]).toEqual(family.weights.map(({ name }) => name));
    for (const { name, rows, width } of family.weights) expect(weights.get(name)).toHaveLength(rows * width);
    expect(unexpected).toEqual([]);
  });

  it("has the sizes of its config.json", async () => {
    const { dimensions } = (await fixtureModel("tiny-bert")).family;
    expect(dimensions).toMatchObject({
      layers: 3,
      width: 21,
      heads: 3,
      feedForward: 37,
      vocabulary: 97,
      positions: 64,
      tokenTypes: 2,
    });
  });

  it("counts its parameters", async () => {
    const { family, weights } = await fixtureModel("tiny-bert");
    const counted = [...weights.values()].reduce((sum, values) => sum + values.length, 0);
    expect(family.dimensions.parameters).toBe(counted);
  });

  it("is identified by the digest of its weight file", async () => {
    const { hash, bytes } = await fixtureModel("tiny-bert");
    const file = tinyFiles.get("model.safetensors") ?? new Uint8Array();
    expect(hash).toBe(createHash("sha256").update(file).digest("hex"));
    expect(bytes).toBe(file.length);
  });

  it("is read from the built-in model as well, float16 weights widened", async () => {
    const { family, weights, unexpected } = await fixtureModel("encoder-l4-d128");
    expect(family.dimensions).toMatchObject({ layers: 4, width: 128, heads: 4, vocabulary: 8192, positions: 256 });
    expect(weights.get("embeddings.word_embeddings.weight")?.every(Number.isFinite)).toBe(true);
    expect(unexpected).toEqual([]);
  });
});

describe("tensor names", () => {
  it("may lack the bert. prefix", async () => {
    const { weights } = await loadWith({ "model.safetensors": renamed((name) => name.replace(/^bert\./, "")) });
    expect(weights).toEqual((await fixtureModel("tiny-bert")).weights);
  });

  it("may call layer norms gamma and beta, as files converted from TensorFlow do", async () => {
    const old = (name: string): string =>
      name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
    const { weights } = await loadWith({ "model.safetensors": renamed(old) });
    expect(weights).toEqual((await fixtureModel("tiny-bert")).weights);
  });

  it("that nobody knows are reported", async () => {
    const extra = { name: "bert.encoder.layer.9.strange", shape: [1], values: Float32Array.of(1) };
    const { unexpected } = await loadWith({ "model.safetensors": weightsAfter((tensors) => [...tensors, extra]) });
    expect(unexpected).toEqual(["bert.encoder.layer.9.strange"]);
  });

  it("of usual heads are passed over in silence", async () => {
    const extras = ["cls.predictions.bias", "classifier.weight"].map((name) => ({
      name,
      shape: [1],
      values: Float32Array.of(1),
    }));
    const { unexpected } = await loadWith({ "model.safetensors": weightsAfter((tensors) => [...tensors, ...extras]) });
    expect(unexpected).toEqual([]);
  });
});

describe("a folder that cannot be used", () => {
  it.each([
    ["config.json", "has no config.json. Expected a Hugging Face folder; found model.safetensors"],
    ["model.safetensors", "has no model.safetensors"],
  ])("because it lacks %s says so", async (name, message) => {
    await expect(loadWith({ [name]: undefined })).rejects.toThrow(message);
  });

  it("because it lacks every tokenizer file says so", async () => {
    const changes = { "tokenizer.json": undefined, "vocab.txt": undefined };
    await expect(loadWith(changes)).rejects.toThrow("Expected tokenizer.json or vocab.txt beside the model");
  });

  it("names the tensor that is missing", async () => {
    const missing = "bert.encoder.layer.1.output.dense.bias";
    const bytes = weightsAfter((tensors) => tensors.filter(({ name }) => name !== missing));
    await expect(loadWith({ "model.safetensors": bytes })).rejects.toThrow(
      '"encoder.layer.1.output.dense.bias" is missing',
    );
  });

  it("names the tensor of another shape, with both shapes", async () => {
    const bytes = weightsAfter((tensors) =>
      tensors.map((tensor) =>
        tensor.name === "bert.pooler.dense.bias" ? { ...tensor, shape: [3], values: new Float32Array(3) } : tensor,
      ),
    );
    await expect(loadWith({ "model.safetensors": bytes })).rejects.toThrow(
      '"bert.pooler.dense.bias" has shape [3], config.json asks for [1, 21]',
    );
  });

  it("names a tensor that lies the wrong way round", async () => {
    const bytes = weightsAfter((tensors) =>
      tensors.map((tensor) =>
        tensor.name === "bert.encoder.layer.0.output.dense.weight" ? { ...tensor, shape: [37, 21] } : tensor,
      ),
    );
    await expect(loadWith({ "model.safetensors": bytes })).rejects.toThrow("has shape [37, 21]");
  });

  it("lists eight problems and counts the others", async () => {
    await expect(loadWith({ "model.safetensors": writeSafetensors([]) })).rejects.toThrow(
      /(.*missing; ){7}.*missing and 47 more/,
    );
  });

  it.each([
    ["has a config.json that is not JSON", "{model_type: bert}", "config.json is not JSON"],
    ["has a config.json without a model type", "{}", 'config.json has no "model_type"'],
    ["has a config.json that is a list", "[]", 'config.json has no "model_type"'],
    ["is of another architecture", configAfter({ model_type: "t5" }), 'type "t5"; the studio can run: bert'],
    [
      "cannot be divided into heads",
      configAfter({ num_attention_heads: 4 }),
      "hidden_size 21 cannot be divided into 4",
    ],
    ["has an activation nobody knows", configAfter({ hidden_act: "silu" }), "hidden_act"],
    ["has relative positions", configAfter({ position_embedding_type: "relative_key" }), "position_embedding_type"],
    ["is a decoder", configAfter({ is_decoder: true }), "is_decoder"],
    ["has no layers", configAfter({ num_hidden_layers: 0 }), "num_hidden_layers"],
  ])("because it %s says so", async (_reason, config, message) => {
    await expect(loadWith({ "config.json": config })).rejects.toThrow(message);
  });

  it("because its tokenizer belongs to a larger vocabulary says so", async () => {
    const other = { "tokenizer.json": readModelFiles("encoder-l4-d128").get("tokenizer.json"), "vocab.txt": undefined };
    await expect(loadWith(other)).rejects.toThrow("knows more words than the model's 97");
  });

  it("says that its weights are no safetensors file", async () => {
    await expect(loadWith({ "model.safetensors": "PK zip archive" })).rejects.toThrow("not a safetensors file");
  });
});
