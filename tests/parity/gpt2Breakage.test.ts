/**
 * Every fault the GPT-2 fixtures know, committed on purpose in the studio's own graph, must move the logits as far as it
 * moves PyTorch's (tiny-gpt2/breakage.json), which is ten tolerances or more.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import type { Executor, StepValues } from "../../src/engine/executor.ts";
import { loadModel } from "../../src/models/loadModel.ts";
import { setUpRun } from "../../src/training/setup.ts";
import { openExecutor } from "./executors.ts";
import { fixtureModel, labelNames, readJson, readModelFiles } from "./models.ts";
import { readCaseAt, replayLogits, type GoldenCase } from "./replay.ts";
import { largestDifference, logitShare, logitTolerance } from "./tolerances.ts";

const { largestLogitChange } = z
  .object({ largestLogitChange: z.record(z.string(), z.record(z.string(), z.number())) })
  .parse(readJson("tiny-gpt2/breakage.json"));

interface Faulty {
  readonly golden: GoldenCase;
  readonly inputs?: StepValues;
}

/** The case with the prompt among the tokens: a fault that lets it see the text cannot be shown in a trunk. */
async function plainCase(name: string): Promise<GoldenCase> {
  return readCaseAt(`tiny-gpt2/${name}`, await fixtureModel("tiny-gpt2"), { promptTrunk: false });
}

function withIndex(inputs: StepValues, name: string, change: (value: number, row: number) => number): StepValues {
  return { ...inputs, indices: { ...inputs.indices, [name]: (inputs.indices[name] ?? new Int32Array()).map(change) } };
}

/** In place: the graph belongs to this case alone, and tensors know their nodes. */
function nonCausal(golden: GoldenCase): Faulty {
  for (const node of golden.setup.evaluationGraph.nodes) {
    if (node.op === "attention") Object.assign(node.attributes, { causal: false });
  }
  return { golden };
}

/** Text at position 0 as if there were no prompt; slots of a soft prompt keep theirs. */
function positionsUnshifted(golden: GoldenCase): Faulty {
  const inputs = golden.setup.pack(golden.examples, false);
  const slots = inputs.indices["tokens.slot"];
  const isToken = (row: number): boolean => slots === undefined || (slots[row] ?? -1) < 0;
  const { promptLength } = golden.document;
  const change = (position: number, row: number): number => (isToken(row) ? position - promptLength : position);
  return { golden, inputs: withIndex(inputs, "tokens.position", change) };
}

/** A classifier that reads the first row of each sequence, as an encoder's does. */
function firstRowPooling(golden: GoldenCase): Faulty {
  const inputs = golden.setup.pack(golden.examples, false);
  const offsets = inputs.indices["tokens.offsets"] ?? new Int32Array();
  return { golden, inputs: withIndex(inputs, "needed.row", (_, sequence) => offsets[sequence] ?? 0) };
}

/** The same weights under a changed config.json. */
function withConfig(change: Record<string, unknown>): (golden: GoldenCase) => Promise<Faulty> {
  return async (golden) => {
    const files = readModelFiles("tiny-gpt2");
    const config: unknown = JSON.parse(new TextDecoder().decode(files.get("config.json")));
    files.set("config.json", new TextEncoder().encode(JSON.stringify(Object.assign({}, config, change))));
    const model = await loadModel({ id: "changed", files });
    const labels = golden.document.task === "causal-lm" ? [] : labelNames(golden.document.classCount);
    return { golden: { ...golden, model, setup: setUpRun(golden.experiment, model, labels) } };
  };
}

const prompts = [
  "sequence-classification/prompt-tuning",
  "sequence-classification/prefix-tuning",
  "causal-lm/prompt-tuning",
  "causal-lm/prefix-tuning",
];
const everywhere: readonly (readonly [string, (golden: GoldenCase) => Faulty | Promise<Faulty>])[] = [
  ["non-causal", nonCausal],
  ["exact-gelu", withConfig({ activation_function: "gelu" })],
  ["positions-unshifted", positionsUnshifted],
  ["unscaled", withConfig({ scale_attn_weights: false })],
];
const faults = prompts.flatMap((name) => [
  ...everywhere.map(([fault, commit]) => [name, fault, commit] as const),
  ...(name.startsWith("sequence") ? [[name, "first-row-pooling", firstRowPooling] as const] : []),
]);

let executor: Executor;

beforeAll(async () => {
  executor = await openExecutor("wasm");
});

afterAll(() => executor.dispose());

it.each(prompts)("%s without a fault is within the tolerance", async (name) => {
  const golden = await plainCase(name);
  expect(logitShare(await replayLogits(golden, executor), golden.document)).toBeLessThanOrEqual(1);
});

it.each(faults)("%s with %s moves the logits by ten tolerances or more, and as far as in PyTorch", async (...fault) => {
  const [name, kind, commit] = fault;
  const { golden, inputs } = await commit(await plainCase(name));
  const expected = golden.document.expected.logits.flat();
  const change = largestDifference(await replayLogits(golden, executor, inputs), expected);
  expect(change / logitTolerance(expected)).toBeGreaterThanOrEqual(10);
  expect(change / (largestLogitChange[name]?.[kind] ?? 0)).toBeCloseTo(1, 1);
});
