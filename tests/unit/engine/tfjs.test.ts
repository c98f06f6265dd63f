/** The TensorFlow.js executor: its gradients against finite differences, wasm against cpu, no leaks, its updates. */
import { memory } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import type { Executor, ParameterStore, StepValues } from "../../../src/engine/executor.ts";
import type { Graph } from "../../../src/engine/graph/graph.ts";
import { createTfjsExecutor } from "../../../src/engine/tfjs/index.ts";
import { normalValues, randomStream } from "../../../src/lib/random.ts";
import {
  randomParameters,
  randomStep,
  shapesOf,
  SMALL,
  transformerGraph,
  updateSettings,
  type TransformerOptions,
} from "./transformerGraph.ts";
import { wasmPaths } from "./wasmPaths.ts";

const LENGTHS = [5, 3, 7];

const VARIANTS: readonly (readonly [string, TransformerOptions])[] = [
  ["a prefix and a soft prompt", SMALL],
  ["gated prompt sets and grouped heads", { ...SMALL, width: 16, heads: 4, keyValueHeads: 2, sets: 2, gated: true }],
  ["all weights, causal, tanh form", { ...SMALL, trainBackbone: true, causal: true, activation: "gelu-tanh" }],
  ["tanh without prompts", { ...SMALL, prefix: 0, soft: 0, trainBackbone: true, activation: "tanh" }],
];

interface Run {
  readonly graph: Graph;
  readonly store: ParameterStore;
  readonly inputs: StepValues;
}

function prepare(executor: Executor, options: TransformerOptions, lengths: readonly number[] = LENGTHS): Run {
  const graph = transformerGraph(options);
  const store = executor.createParameters(shapesOf(graph), randomParameters(graph, 3));
  return { graph, store, inputs: randomStep(options, lengths, 5) };
}

async function gradientsOf(executor: Executor, { graph, store, inputs }: Run): Promise<Map<string, Float32Array>> {
  const plan = await executor.compileTraining(graph, store, inputs.counts);
  plan.step(inputs, updateSettings({ learningRate: 0 }));
  return plan.readGradients();
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

let cpu: Executor;
let wasm: Executor;

beforeAll(async () => {
  cpu = await createTfjsExecutor("cpu");
  wasm = await createTfjsExecutor("wasm", { wasmUrls: wasmPaths });
});

describe("gradients on cpu", () => {
  it.each(VARIANTS)("agree with finite differences: %s", async (_, options) => {
    const run = prepare(cpu, options);
    const gradients = await gradientsOf(cpu, run);
    const evaluation = await cpu.compileEvaluation(run.graph, run.store, run.inputs.counts);
    const values = await run.store.readTrained();
    const lossAt = async (name: string, direction: Float32Array, distance: number): Promise<number> => {
      const moved = values.get(name)?.map((value, i) => value + distance * (direction[i] ?? 0)) ?? new Float32Array();
      run.store.writeState({ values: new Map([...values, [name, moved]]) });
      const losses = (await evaluation.run(run.inputs)).get("loss") ?? new Float32Array();
      return losses.reduce((sum, loss) => sum + loss, 0);
    };
    for (const [name, gradient] of gradients) {
      const direction = normalValues(randomStream(7, name), gradient.length, 1 / Math.sqrt(gradient.length));
      const slope = gradient.reduce((sum, value, i) => sum + value * (direction[i] ?? 0), 0);
      const h = 0.02;
      const near = (await lossAt(name, direction, h)) - (await lossAt(name, direction, -h));
      const far = (await lossAt(name, direction, 2 * h)) - (await lossAt(name, direction, -2 * h));
      const difference = (8 * near - far) / (12 * h);
      expect(Math.abs(slope - difference), `${name}: ${slope} and ${difference}`).toBeLessThan(
        1e-3 * Math.max(Math.abs(slope), 0.03),
      );
    }
    run.store.dispose();
  });
});

describe("wasm", () => {
  it.each(VARIANTS)("gives the outputs and gradients of cpu: %s", async (_, options) => {
    const results = [];
    for (const executor of [cpu, wasm]) {
      const run = prepare(executor, options);
      const evaluation = await executor.compileEvaluation(run.graph, run.store, run.inputs.counts);
      results.push(new Map([...(await evaluation.run(run.inputs)), ...(await gradientsOf(executor, run))]));
      run.store.dispose();
    }
    const [expected, actual] = results;
    expect([...(actual?.keys() ?? [])]).toEqual([...(expected?.keys() ?? [])]);
    for (const [name, values] of expected ?? []) {
      const error = largest(values.map((value, i) => value - (actual?.get(name)?.[i] ?? Number.NaN)));
      expect(error, `error of ${name}`).toBeLessThanOrEqual(1e-5 * Math.max(largest(values), 0.01));
    }
  });

  it("refuses wrong wasm paths with a name for what is wrong", async () => {
    await expect(createTfjsExecutor("wasm", { wasmUrls: {} })).rejects.toThrow(/tfjs-backend-wasm\.wasm/);
  });
});

describe.each(["cpu", "wasm"] as const)("training on %s", (name) => {
  const executor = (): Executor => (name === "cpu" ? cpu : wasm);

  it("lowers the loss, keeps the number of tensors and frees everything", async () => {
    const { graph, store, inputs } = prepare(executor(), SMALL);
    const plan = await executor().compileTraining(graph, store, inputs.counts);
    plan.step(inputs, updateSettings());
    const before = memory().numTensors;
    for (let step = 0; step < 30; step++) {
      plan.step(inputs, updateSettings());
      await plan.pace(2);
    }
    expect(memory().numTensors).toBe(before);
    const statistics = await plan.statistics();
    expect(statistics).toHaveLength(31);
    expect(await plan.statistics()).toHaveLength(0);
    const [first, last] = [statistics[0]?.loss ?? 0, statistics.at(-1)?.loss ?? Infinity];
    expect(last).toBeLessThan(0.5 * first);
    expect(executor().allocatedBytes()).toBeGreaterThan(0);
    plan.dispose();
    store.dispose();
    expect(executor().allocatedBytes()).toBe(0);
  });

  it("skips an update whose gradient is not finite, and says so", async () => {
    const { graph, store, inputs } = prepare(executor(), SMALL);
    const before = await store.readTrained();
    const broken = {
      ...inputs,
      values: { ...inputs.values, weights: inputs.values["weights"]?.map(() => 3e38) ?? new Float32Array() },
    };
    const plan = await executor().compileTraining(graph, store, inputs.counts);
    plan.step(broken, updateSettings());
    plan.step(inputs, updateSettings());
    const [first, second] = await plan.statistics();
    expect([first?.skipped, second?.skipped]).toEqual([true, false]);
    expect(await store.readTrained()).not.toEqual(before);
    expect((await store.readState()).updates).toBe(2);
    store.dispose();
  });

  it("leaves an inactive group alone, moments included", async () => {
    const { graph, store, inputs } = prepare(executor(), SMALL);
    const before = await store.readState();
    const settings = updateSettings();
    const head = { learningRateScale: 1, weightDecay: 0.5, active: false };
    const plan = await executor().compileTraining(graph, store, inputs.counts);
    plan.step(inputs, { ...settings, groups: { ...settings.groups, head } });
    const after = await store.readState();
    expect(after.values.get("classifier.weight")).toEqual(before.values.get("classifier.weight"));
    expect(after.firstMoments.get("classifier.weight")).toEqual(before.firstMoments.get("classifier.weight"));
    expect(after.values.get("prefix")).not.toEqual(before.values.get("prefix"));
    store.dispose();
  });

  it("continues exactly from a written state", async () => {
    const { graph, store, inputs } = prepare(executor(), SMALL);
    const plan = await executor().compileTraining(graph, store, inputs.counts);
    plan.step(inputs, updateSettings());
    const checkpoint = await store.readState();
    plan.step(inputs, updateSettings());
    const expected = await store.readState();
    store.writeState(checkpoint);
    plan.step(inputs, updateSettings());
    expect(await store.readState()).toEqual(expected);
    store.dispose();
  });
});

describe("errors", () => {
  it("name the parameter whose value is missing or too short", () => {
    const shape = { name: "prompt", rows: 2, width: 3, group: "prompt" };
    expect(() => cpu.createParameters([shape], new Map())).toThrow(/"prompt" is missing/);
    expect(() => cpu.createParameters([shape], new Map([["prompt", new Float32Array(5)]]))).toThrow(
      /5 numbers.*\[2, 3\]/,
    );
  });

  it("name the step input that is missing and the row space that is too large", async () => {
    const { graph, store, inputs } = prepare(cpu, SMALL);
    const plan = await cpu.compileTraining(graph, store, inputs.counts);
    const { labels: _, ...indices } = inputs.indices;
    expect(() => plan.step({ ...inputs, indices }, updateSettings())).toThrow(/"labels" is missing/);
    expect(() => plan.step(randomStep(SMALL, [9, 9, 9], 5), updateSettings())).toThrow(
      /27 rows of "tokens".*at most 15/,
    );
    store.dispose();
  });

  it("refuse a graph that trains what the store holds as frozen", async () => {
    const graph = transformerGraph(SMALL);
    const frozen = shapesOf(graph).map(({ name, rows, width }) => ({ name, rows, width }));
    const store = cpu.createParameters(frozen, randomParameters(graph, 3));
    await expect(cpu.compileTraining(graph, store, { tokens: 9, sequences: 2, needed: 2 })).rejects.toThrow(
      /holds it as frozen/,
    );
    store.dispose();
  });
});
