/** GPT-2's folder: what its config.json may say, under which names its tensors are found, and what is refused how. */
import { describe, expect, it } from "vitest";
import { readSafetensors, writeSafetensors, type FileTensor } from "../../../src/interop/safetensors.ts";
import { loadModel, type LoadedModel } from "../../../src/models/loadModel.ts";
import { fixtureModel, readModelFiles } from "../../parity/models.ts";

const tinyFiles = readModelFiles("tiny-gpt2");

function loadWith(changes: Record<string, Uint8Array | undefined>): Promise<LoadedModel> {
  const files = new Map(tinyFiles);
  for (const [name, content] of Object.entries(changes)) {
    if (content === undefined) files.delete(name);
    else files.set(name, content);
  }
  return loadModel({ id: "changed", files });
}

function configAfter(change: Record<string, unknown>): Uint8Array {
  const config: unknown = JSON.parse(new TextDecoder().decode(tinyFiles.get("config.json")));
  return new TextEncoder().encode(JSON.stringify(Object.assign({}, config, change)));
}

function weightsAfter(change: (tensors: FileTensor[]) => FileTensor[]): Uint8Array {
  const bytes = tinyFiles.get("model.safetensors") ?? new Uint8Array();
  return writeSafetensors(change([...readSafetensors(bytes).values()]));
}

describe("a GPT-2 folder", () => {
  it("has the sizes of its config.json, four times the width inside where n_inner is null", async () => {
    const { family, weights, unexpected } = await fixtureModel("tiny-gpt2");
    const { dimensions } = family;
    expect(dimensions).toMatchObject({
      layers: 3,
      width: 21,
      heads: 3,
      feedForward: 84,
      vocabulary: 297,
      positions: 40,
    });
    expect([...weights.keys()]).toEqual(family.weights.map(({ name }) => name));
    expect(dimensions.parameters).toBe([...weights.values()].reduce((sum, values) => sum + values.length, 0));
    expect(unexpected).toEqual([]);
  });

  it("may name its tensors without the transformer. prefix and hold masks and a copy of the decoder", async () => {
    const bytes = weightsAfter((tensors) => [
      ...tensors.map((tensor) => ({ ...tensor, name: tensor.name.replace(/^transformer\./, "") })),
      { name: "h.0.attn.bias", shape: [1, 1, 2, 2], values: new Float32Array(4) },
      { name: "h.0.attn.masked_bias", shape: [1], values: new Float32Array(1) },
      { name: "lm_head.weight", shape: [1, 1], values: new Float32Array(1) },
    ]);
    const { weights, unexpected } = await loadWith({ "model.safetensors": bytes });
    expect(weights).toEqual((await fixtureModel("tiny-gpt2")).weights);
    expect(unexpected).toEqual([]);
  });

  it("may bring vocab.json and merges.txt alone", async () => {
    const { tokenizer } = await loadWith({ "tokenizer.json": undefined, "tokenizer_config.json": undefined });
    const known = (await fixtureModel("tiny-gpt2")).tokenizer;
    expect(tokenizer.encode("the good movie", undefined, 16)).toEqual(known.encode("the good movie", undefined, 16));
  });

  it("with a decoder of its own loads that too", async () => {
    const values = new Float32Array(297 * 21).fill(0.5);
    const bytes = weightsAfter((tensors) => [...tensors, { name: "lm_head.weight", shape: [297, 21], values }]);
    const { weights } = await loadWith({
      "config.json": configAfter({ tie_word_embeddings: false }),
      "model.safetensors": bytes,
    });
    expect(weights.get("lm_head.weight")).toEqual(values);
  });

  it("names a tensor that lies as PyTorch's Linear has it, not as Conv1D", async () => {
    const bytes = weightsAfter((tensors) =>
      tensors.map((tensor) => (tensor.name.endsWith("0.mlp.c_fc.weight") ? { ...tensor, shape: [84, 21] } : tensor)),
    );
    await expect(loadWith({ "model.safetensors": bytes })).rejects.toThrow(
      '"transformer.h.0.mlp.c_fc.weight" has shape [84, 21], config.json asks for [21, 84]',
    );
  });

  it.each([
    ["an activation nobody knows", { activation_function: "swish" }, /activation_function: .*found "swish"/],
    ["cross attention", { add_cross_attention: true }, /add_cross_attention: .*expected false, found true/],
    ["no layers", { n_layer: 0 }, /n_layer: .*found 0/],
    ["no width", { n_embd: undefined }, /n_embd: .*found nothing/],
    ["heads that do not divide its width", { n_head: 4 }, /n_embd 21 cannot be divided into 4/],
  ])("with %s is refused, naming the field, what was expected and what was found", async (_, change, message) => {
    await expect(loadWith({ "config.json": configAfter(change) })).rejects.toThrow(message);
  });
});
