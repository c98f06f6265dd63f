/** A deep prompt that starts from a text: keys and values of the frozen model, checked against a run that sees the text itself. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseExperiment, type Experiment } from "../../../src/config/experiment.ts";
import type { Executor } from "../../../src/engine/executor.ts";
import { readActivations, startValues } from "../../../src/training/activations.ts";
import { setUpRun } from "../../../src/training/setup.ts";
import { openExecutor } from "../../parity/executors.ts";
import { fixtureModel, labelNames } from "../../parity/models.ts";
import { largestDifference } from "../../parity/tolerances.ts";

const model = await fixtureModel("tiny-bert");
let executor: Executor;

beforeAll(async () => {
  executor = await openExecutor("cpu");
});

afterAll(() => executor.dispose());

function experimentOf(settings: object): Experiment {
  const method = { kind: "prefix-tuning", initialisation: "text", ...settings };
  return parseExperiment({ method, training: { learningRate: 0.01, weightDecay: 0 } });
}

async function prefixOf(settings: object): Promise<Float32Array> {
  const setup = setUpRun(experimentOf(settings), model, labelNames(2));
  const values = await startValues(model, setup, 1, async () => executor);
  return values.get("prefix") ?? new Float32Array();
}

/** x·Wᵀ + b of a row in plain arithmetic. */
function project(row: Float32Array, name: string): number[] {
  const [weight, bias] = ["weight", "bias"].map((part) => model.weights.get(`${name}.${part}`) ?? new Float32Array());
  return Array.from(bias ?? [], (start, output) =>
    row.reduce((sum, value, input) => sum + value * (weight?.[output * row.length + input] ?? 0), start),
  );
}

/** The embedding of [CLS] at position 0 and type 0 after its layer norm, which is all that layer 0 sees of it. */
function clsEmbedding(): Float32Array {
  const row = (table: string, id: number): Float32Array =>
    model.weights.get(`embeddings.${table}.weight`)?.subarray(id * 21, (id + 1) * 21) ?? new Float32Array();
  const cls = model.tokenizer.encode("good", undefined, 8).ids[0] ?? 0;
  const parts = [row("word_embeddings", cls), row("position_embeddings", 0), row("token_type_embeddings", 0)];
  const sums = Float64Array.from({ length: 21 }, (_, c) => parts.reduce((sum, part) => sum + (part[c] ?? 0), 0));
  const mean = sums.reduce((sum, value) => sum + value, 0) / 21;
  const deviation = Math.sqrt(sums.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 21);
  const [gain, bias] = ["weight", "bias"].map((part) => model.weights.get(`embeddings.LayerNorm.${part}`));
  return Float32Array.from(sums, (value, c) => ((value - mean) / deviation) * (gain?.[c] ?? 0) + (bias?.[c] ?? 0));
}

it("holds the first layer's keys and values of [CLS] in its first row", async () => {
  const prefix = await prefixOf({ promptLength: 4, initialText: "good film" });
  expect(prefix).toHaveLength(4 * 2 * 3 * 21);
  const name = "encoder.layer.0.attention.self";
  expect(largestDifference(prefix.subarray(0, 21), project(clsEmbedding(), `${name}.key`))).toBeLessThan(1e-5);
  expect(largestDifference(prefix.subarray(21, 42), project(clsEmbedding(), `${name}.value`))).toBeLessThan(1e-5);
});

it("repeats a short text, cuts a long one, and takes only the prompted layers", async () => {
  const columns = 2 * 3 * 21;
  const whole = await prefixOf({ promptLength: 4, initialText: "good film" });
  const longer = await prefixOf({ promptLength: 6, initialText: "good film" });
  expect(longer.subarray(0, 4 * columns)).toEqual(whole);
  expect(longer.subarray(4 * columns)).toEqual(whole.subarray(0, 2 * columns));
  expect(await prefixOf({ promptLength: 2, initialText: "good film" })).toEqual(whole.subarray(0, 2 * columns));
  const top = await prefixOf({ promptLength: 4, initialText: "good film", layers: [3] });
  expect(top.subarray(0, 42)).toEqual(whole.subarray(4 * 21, columns));
});

it("reads every token in every layer", async () => {
  const { rows, layers } = await readActivations(executor, model, "good film");
  expect(rows).toBe(4);
  expect(layers).toHaveLength(3);
  for (const { keys, values } of layers) {
    expect(keys).toHaveLength(4 * 21);
    expect(values).toHaveLength(4 * 21);
    expect([...keys, ...values].every(Number.isFinite)).toBe(true);
  }
  expect(executor.allocatedBytes()).toBe(0);
});

it("says so when the text is empty, or a network should produce the prefix", async () => {
  await expect(prefixOf({ initialText: " " })).rejects.toThrow("the text is empty. Type one");
  await expect(prefixOf({ initialText: "good", reparameterisation: "mlp" })).rejects.toThrow("not from a text");
});
