/** Runs are used only with the model they were trained for. */
import { describe, expect, it } from "vitest";
import { modelMismatch } from "../../../src/store/modelMatch.ts";
import type { ModelReport } from "../../../src/worker/protocol.ts";
import { experimentOf, runOf } from "./support.ts";

const dimensions = {
  layers: 1,
  width: 2,
  heads: 1,
  feedForward: 4,
  vocabulary: 3,
  positions: 4,
  tokenTypes: 2,
  parameters: 9,
  weights: [],
};
const model = (id: string, hash: string): ModelReport => ({
  id,
  family: "bert",
  causal: false,
  languageModel: true,
  dimensions,
  bytes: 1,
  hash,
  unexpected: [],
});
const run = runOf("a", experimentOf("prefix-tuning"), [0.8]);

describe("model of a run", () => {
  it("fits by the hash of its weights, whatever it is called", () => {
    expect(modelMismatch(run, model("renamed", "model"))).toBeUndefined();
    expect(modelMismatch(run, undefined)).toBeUndefined();
  });

  it("is named when another is loaded", () => {
    expect(modelMismatch(run, model("tiny-bert", "x"))).toMatch(/encoder-l4-d128.*tiny-bert is loaded/);
    expect(modelMismatch(run, model("encoder-l4-d128", "x"))).toMatch(/another version/);
  });
});
