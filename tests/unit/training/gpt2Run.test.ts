/** Whole runs of a GPT-2 through the training loop: classification by its last token, continuations, and their files. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseExperiment } from "../../../src/config/experiment.ts";
import type { Executor } from "../../../src/engine/executor.ts";
import { createTfjsExecutor } from "../../../src/engine/tfjs/index.ts";
import type { Example } from "../../../src/lib/examples/example.ts";
import type { Adapter } from "../../../src/training/adapter.ts";
import { exportAdapter, importAdapter } from "../../../src/training/adapterFiles.ts";
import { createRunControl } from "../../../src/training/control.ts";
import type { RunResult } from "../../../src/training/events.ts";
import { setUpRun } from "../../../src/training/setup.ts";
import { train } from "../../../src/training/train.ts";
import { fixtureModel } from "../../parity/models.ts";

const model = await fixtureModel("tiny-gpt2");
const { dimensions } = model.family;

const labelled: readonly Example[] = ["good", "bad", "fine", "dull"].map((text, place) => ({
  text: `the ${text} movie`,
  label: place % 2 === 0 ? "yes" : "no",
}));
const continuations: readonly Example[] = [
  { source: "good", target: "a movie" },
  { source: "", target: "the bad film" },
];

function experimentOf(task: string, method: object, training: object = {}) {
  return parseExperiment({
    model: "tiny-gpt2",
    task: { kind: task },
    method,
    training: {
      learningRate: 0.02,
      weightDecay: 0,
      steps: 12,
      batchSize: 4,
      evaluateEvery: 12,
      maxTokens: 16,
      ...training,
    },
  });
}

let executor: Executor;

beforeAll(async () => {
  executor = await createTfjsExecutor("cpu");
});

afterAll(() => executor.dispose());

async function run(task: string, method: object, examples: readonly Example[], training?: object) {
  const experiment = experimentOf(task, method, training);
  const set = { name: "few", train: examples, evaluation: examples };
  const losses: number[] = [];
  let result: RunResult | undefined;
  const events = train({
    experiment,
    model,
    examples: set,
    control: createRunControl(),
    executor: () => Promise.resolve(executor),
  });
  for await (const event of events) {
    if (event.kind === "steps") losses.push(...event.points.map(({ loss }) => loss));
    if (event.kind === "finished") result = event.record;
  }
  if (result === undefined) throw new Error("The run did not finish.");
  return { experiment, result, losses };
}

function peftConfig(files: ReadonlyMap<string, Uint8Array>): unknown {
  return JSON.parse(new TextDecoder().decode(files.get("adapter_config.json")));
}

describe("a classifier", () => {
  it("learns a soft prompt and a head without bias, and keeps both in files", async () => {
    const { experiment, result, losses } = await run(
      "sequence-classification",
      { kind: "prompt-tuning", promptLength: 3 },
      labelled,
    );
    expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);
    expect(result.tensors.map(({ name, rows, width }) => [name, rows, width])).toEqual([
      ["prompt", 3, dimensions.width],
      ["score.weight", 2, dimensions.width],
    ]);
    const adapter: Adapter = { experiment, labels: result.facts.labels, tensors: result.tensors };
    const files = exportAdapter(adapter, model);
    expect(peftConfig(files)).toMatchObject({ task_type: "SEQ_CLS", num_layers: 3, token_dim: 21 });
    const only = new Map([...files].filter(([name]) => name.startsWith("adapter_")));
    expect(importAdapter(only, model).tensors).toEqual(result.tensors);
  });
});

describe("a language model", () => {
  it("learns a prefix and nothing else, and tells perplexity", async () => {
    const { experiment, result, losses } = await run(
      "causal-lm",
      { kind: "prefix-tuning", promptLength: 3 },
      continuations,
    );
    expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);
    expect(result.tensors.map(({ name }) => name)).toEqual(["prefix"]);
    const [seed] = result.seeds;
    expect(seed?.last.figures["perplexity"]).toBeCloseTo(Math.exp(seed?.last.loss ?? 0), 6);
    const files = exportAdapter({ experiment, labels: [], tensors: result.tensors }, model);
    expect(peftConfig(files)).toMatchObject({ task_type: "CAUSAL_LM", modules_to_save: null });
    const only = new Map([...files].filter(([name]) => name.startsWith("adapter_")));
    expect(importAdapter(only, model)).toMatchObject({ labels: [], experiment: { task: { kind: "causal-lm" } } });
  });
});

describe("a soft prompt's losses are the same", () => {
  const method = { kind: "prompt-tuning", promptLength: 3 };
  const steps = { steps: 3, evaluateEvery: 3 };

  it.each([
    ["in parts of two examples", { microBatch: 2 }],
    ["with its rows in every sequence", { savings: { promptTrunk: false } }],
    ["with every row of the last layer", { savings: { neededRows: false } }],
    ["with every text padded to the longest", { savings: { packedRows: false } }],
    ["without a cache", { savings: { frontier: false } }],
  ])("%s", async (_, training) => {
    for (const [task, examples] of [
      ["sequence-classification", labelled] as const,
      ["causal-lm", continuations] as const,
    ]) {
      const plain = await run(task, method, examples, steps);
      const other = await run(task, method, examples, { ...steps, ...training });
      expect(other.losses).toHaveLength(3);
      for (const [step, loss] of plain.losses.entries()) expect(other.losses[step]).toBeCloseTo(loss, 5);
    }
  });
});

it("refuses a method that asks for weights GPT-2 does not have", () => {
  const experiment = experimentOf("sequence-classification", { kind: "lora", rank: 2, targets: ["query"] });
  expect(() => setUpRun(experiment, model, ["no", "yes"])).toThrow('gpt2 models have no place for "lora.0.query.A"');
});
