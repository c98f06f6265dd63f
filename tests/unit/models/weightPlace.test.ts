/** Places of weights read from the names that Hugging Face models give them. */
import { expect, it } from "vitest";
import { weightPlaceOf } from "../../../src/models/weightPlace.schema.ts";

it.each([
  ["encoder.layer.11.attention.self.query.bias", { layer: 11, bias: true, norm: false, role: "query" }],
  ["encoder.layer.0.attention.output.dense.weight", { layer: 0, bias: false, norm: false, role: "attention-output" }],
  ["encoder.layer.0.intermediate.dense.bias", { layer: 0, bias: true, norm: false, role: "intermediate" }],
  ["encoder.layer.3.output.dense.weight", { layer: 3, bias: false, norm: false, role: "output" }],
  ["encoder.layer.3.attention.output.LayerNorm.bias", { layer: 3, bias: true, norm: true }],
  ["embeddings.LayerNorm.weight", { layer: "embeddings", bias: false, norm: true }],
  ["embeddings.word_embeddings.weight", { layer: "embeddings", bias: false, norm: false }],
  ["pooler.dense.bias", { layer: "above", bias: true, norm: false }],
  ["transformer.layer.2.attention.q_lin.weight", { layer: 2, bias: false, norm: false, role: "query" }],
  ["transformer.layer.2.ffn.lin1.bias", { layer: 2, bias: true, norm: false, role: "intermediate" }],
  ["h.5.ln_1.weight", { layer: 5, bias: false, norm: true }],
  ["h.5.attn.c_proj.weight", { layer: 5, bias: false, norm: false, role: "attention-output" }],
  ["h.5.mlp.c_proj.bias", { layer: 5, bias: true, norm: false, role: "output" }],
  ["ln_f.bias", { layer: "above", bias: true, norm: true }],
  ["wte.weight", { layer: "embeddings", bias: false, norm: false }],
])("%s", (name, place) => {
  expect(weightPlaceOf(name)).toEqual({ name, ...place });
});
