/** The virtual tokens that export and pictures show are the ones the graph computes. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Executor } from "../../../src/engine/executor.ts";
import { Builder } from "../../../src/engine/graph/builder.ts";
import { bindMethod } from "../../../src/methods/index.ts";
import { methodSchema } from "../../../src/methods/index.schema.ts";
import { normalValues, randomStream } from "../../../src/lib/random.ts";
import { fixtureModel } from "../../parity/models.ts";
import { openExecutor } from "../../parity/executors.ts";
import { largestDifference } from "../../parity/tolerances.ts";

const { dimensions } = (await fixtureModel("tiny-bert")).family;

let executor: Executor;

beforeAll(async () => {
  executor = await openExecutor("cpu");
});

afterAll(() => executor.dispose());

/** The prompt as the graph's input or its first prompted layer receives it. */
async function promptInGraph(settings: object, trained: ReadonlyMap<string, Float32Array>): Promise<Float32Array> {
  const method = bindMethod(methodSchema.parse(settings), dimensions);
  const builder = new Builder();
  const hooks = method.hooks(builder);
  const prompt = hooks.inputPrompt?.table ?? hooks.layerPrompt?.(method.promptedLayers[0] ?? 0)?.tensor;
  if (prompt === undefined) throw new Error("The method prompts neither input nor layer.");
  builder.output("prefix", prompt);
  const store = executor.createParameters(method.tensors, trained);
  const plan = await executor.compileEvaluation(builder.finish(), store, { tokens: 1 });
  const outputs = await plan.run({ counts: { tokens: 1 }, indices: { "tokens.slot": Int32Array.of(0) }, values: {} });
  plan.dispose();
  store.dispose();
  return outputs.get("prefix") ?? new Float32Array();
}

describe.each([
  { kind: "prefix-tuning", promptLength: 5, reparameterisation: "mlp", hiddenSize: 11 },
  { kind: "prefix-tuning", promptLength: 3, reparameterisation: "mlp", hiddenSize: 8, layers: [2, 3] },
  { kind: "p-tuning", promptLength: 6, hiddenSize: 5 },
  { kind: "p-tuning", promptLength: 3, hiddenSize: 4, lstmLayers: 1 },
  { kind: "p-tuning", promptLength: 4, hiddenSize: 9, reparameterisation: "mlp" },
  { kind: "p-tuning", promptLength: 4, reparameterisation: "thudm-few-shot-lstm" },
  { kind: "p-tuning", promptLength: 4, reparameterisation: "thudm-few-shot-mlp" },
])("%j", (settings) => {
  const method = bindMethod(methodSchema.parse(settings), dimensions);
  const trained = new Map(
    method.tensors.map(({ name, rows, width }) => [name, normalValues(randomStream(1, name), rows * width, 0.5)]),
  );

  it("are the network's output in the graph", async () => {
    const expected = await promptInGraph(settings, trained);
    const columns = settings.kind === "p-tuning" ? 21 : 2 * 21 * method.promptedLayers.length;
    expect(expected.length).toBe(settings.promptLength * columns);
    expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.01);
    expect(largestDifference(method.virtualTokens(trained), expected)).toBeLessThan(1e-5);
  });
});

it("without a network are the trained prefix itself", () => {
  const method = bindMethod(methodSchema.parse({ kind: "prefix-tuning", promptLength: 2 }), dimensions);
  const prefix = new Float32Array(2 * 2 * 3 * 21).fill(0.5);
  expect(method.virtualTokens(new Map([["prefix", prefix]]))).toEqual(prefix);
});

it("of a method without a prompt are none", () => {
  expect(bindMethod(methodSchema.parse({ kind: "head-only" }), dimensions).virtualTokens(new Map())).toHaveLength(0);
});

it("of THUDM's encoder for LAMA need a model whose width two directions can share", () => {
  const settings = methodSchema.parse({ kind: "p-tuning", reparameterisation: "thudm-lama-lstm" });
  expect(() => bindMethod(settings, dimensions)).toThrow("even width");
  expect(() => bindMethod(settings, dimensions)).toThrow("got 21. Choose lstm or thudm-few-shot-lstm");
});

it("name the tensor that is missing", () => {
  const method = bindMethod(methodSchema.parse({ kind: "prompt-tuning" }), dimensions);
  expect(() => method.virtualTokens(new Map())).toThrow('The trained tensor "prompt" is missing');
});
