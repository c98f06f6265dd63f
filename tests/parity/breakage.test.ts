/**
 * Parity means something only if a mistake would show: every fault the fixtures know, committed on purpose in the studio's own
 * graph, must move the logits as far as it moves PyTorch's (breakage.json), which is ten tolerances or more.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import type { Executor, StepValues } from "../../src/engine/executor.ts";
import { loadModel, type LoadedModel } from "../../src/models/loadModel.ts";
import { packSequences } from "../../src/models/packing.ts";
import { setUpRun } from "../../src/training/setup.ts";
import { openExecutor } from "./executors.ts";
import { labelNames, readJson, readModelFiles } from "./models.ts";
import { readCase, replayLogits, type GoldenCase } from "./replay.ts";
import { largestDifference, logitShare, logitTolerance } from "./tolerances.ts";

const methods = ["prompt-tuning", "prefix-tuning"] as const;
type Method = (typeof methods)[number];

const { largestLogitChange } = z
  .object({ largestLogitChange: z.record(z.enum(methods), z.record(z.string(), z.number())) })
  .parse(readJson("tiny-bert/breakage.json"));

/** A case with its fault, and the packed batch where the fault lies there. */
interface Faulty {
  readonly golden: GoldenCase;
  readonly inputs?: StepValues;
}

function withIndex(inputs: StepValues, name: string, change: (value: number, row: number) => number): StepValues {
  const values = inputs.indices[name] ?? new Int32Array();
  return { ...inputs, indices: { ...inputs.indices, [name]: values.map(change) } };
}

/** Text at position 0 as if there were no prompt; slots of a soft prompt keep theirs. */
function positionsUnshifted(golden: GoldenCase): Faulty {
  const inputs = golden.setup.pack(golden.examples, false);
  const slots = inputs.indices["tokens.slot"];
  const { promptLength } = golden.document;
  const shifted = (row: number): boolean => slots === undefined || (slots[row] ?? -1) < 0;
  const change = (position: number, row: number): number => (shifted(row) ? position - promptLength : position);
  return { golden, inputs: withIndex(inputs, "tokens.position", change) };
}

/** Every sequence as long as the longest, with [PAD] rows that attention sees. */
function paddingVisible(golden: GoldenCase): Faulty {
  const longest = Math.max(...golden.examples.map(({ encoding }) => encoding.ids.length));
  const padded = (values: Int32Array): Int32Array =>
    Int32Array.from({ length: longest }, (_, index) => values[index] ?? 0);
  const sequences = golden.examples.map(({ encoding: { ids, types }, needed }) => ({
    encoding: { ids: padded(ids), types: padded(types), truncated: false },
    needed,
  }));
  return { golden, inputs: packSequences(sequences, golden.setup.method.layout) };
}

/** The soft prompt's head reads [CLS], which stands behind the prompt. */
function clsPooling(golden: GoldenCase): Faulty {
  const inputs = golden.setup.pack(golden.examples, false);
  return { golden, inputs: withIndex(inputs, "needed.row", (row) => row + golden.document.promptLength) };
}

async function tanhGelu(golden: GoldenCase): Promise<Faulty> {
  const files = readModelFiles("tiny-bert");
  const text = new TextDecoder().decode(files.get("config.json"));
  files.set("config.json", new TextEncoder().encode(text.replace('"hidden_act": "gelu"', '"hidden_act": "gelu_new"')));
  const model = await loadModel({ id: "tanh-gelu", files });
  return { golden: withModel(golden, model) };
}

/** The case with another model's configuration and weights. */
function withModel(golden: GoldenCase, model: LoadedModel): GoldenCase {
  const setup = setUpRun(golden.experiment, model, labelNames(golden.document.classCount));
  return { ...golden, model, setup };
}

/** Queries smaller by √d give scores scaled by 1/d instead of 1/√d. */
function scaleByWidth(golden: GoldenCase): Faulty {
  const { width, heads } = golden.model.family.dimensions;
  const factor = Math.sqrt(heads / width);
  const scaled = ([name, values]: [string, Float32Array]): [string, Float32Array] =>
    name.includes("attention.self.query") ? [name, values.map((value) => value * factor)] : [name, values];
  const model: LoadedModel = { ...golden.model, weights: new Map([...golden.model.weights].map(scaled)) };
  return { golden: withModel(golden, model) };
}

/** A prefix without its first slot, behind which positions still start at P: what masking that key out gives. */
function firstSlotHidden(golden: GoldenCase): Faulty {
  const { model, experiment, document, examples, initial } = golden;
  if (experiment.method.kind !== "prefix-tuning") throw new Error("Only a prefix can lose a slot and keep its rows.");
  const method = { ...experiment.method, promptLength: document.promptLength - 1 };
  const setup = setUpRun({ ...experiment, method }, model, labelNames(document.classCount));
  const prefix = initial.get("prefix") ?? new Float32Array();
  const shorter = prefix.slice(prefix.length / document.promptLength);
  return {
    golden: { ...golden, setup, initial: new Map([...initial, ["prefix", shorter]]) },
    inputs: packSequences(examples, golden.setup.method.layout),
  };
}

const faults: readonly (readonly [Method, string, (golden: GoldenCase) => Faulty | Promise<Faulty>])[] = [
  ["prompt-tuning", "padding-visible", paddingVisible],
  ["prompt-tuning", "positions-unshifted", positionsUnshifted],
  ["prompt-tuning", "tanh-gelu", tanhGelu],
  ["prompt-tuning", "scale-by-width", scaleByWidth],
  ["prompt-tuning", "cls-pooling", clsPooling],
  ["prefix-tuning", "padding-visible", paddingVisible],
  ["prefix-tuning", "first-slot-hidden", firstSlotHidden],
  ["prefix-tuning", "positions-unshifted", positionsUnshifted],
  ["prefix-tuning", "tanh-gelu", tanhGelu],
  ["prefix-tuning", "scale-by-width", scaleByWidth],
];

let executor: Executor;

beforeAll(async () => {
  executor = await openExecutor("wasm");
});

afterAll(() => executor.dispose());

it.each(methods)("%s without a fault is within the tolerance", async (method) => {
  const golden = await readCase("tiny-bert", method);
  expect(logitShare(await replayLogits(golden, executor), golden.document)).toBeLessThanOrEqual(1);
});

it.each(faults)(
  "%s with %s moves the logits by ten tolerances or more, and as far as in PyTorch",
  async (method, fault, commit) => {
    const { golden, inputs } = await commit(await readCase("tiny-bert", method));
    const expected = golden.document.expected.logits.flat();
    const change = largestDifference(await replayLogits(golden, executor, inputs), expected);
    expect(change / logitTolerance(expected)).toBeGreaterThanOrEqual(10);
    expect(change / (largestLogitChange[method][fault] ?? 0)).toBeCloseTo(1, 1);
  },
);
