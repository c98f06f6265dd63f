/**
 * Every operation and its gradient on WebGPU against TensorFlow.js on the cpu, which differentiates by itself. Small graphs
 * of odd sizes, each ending in a cross entropy so that gradients flow.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Executor, StepValues } from "../../src/engine/executor.ts";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { crossEntropy } from "../../src/engine/graph/operations/crossEntropy.ts";
import { describeRows } from "../../src/engine/graph/tensor.ts";
import { createTfjsExecutor } from "../../src/engine/tfjs/index.ts";
import { createWebGpuExecutor, type WebGpuExecutor } from "../../src/engine/webgpu/index.ts";
import {
  randomParameters,
  randomStep,
  shapesOf,
  SMALL,
  transformerGraph,
  updateSettings,
} from "../unit/engine/transformerGraph.ts";
import { installNavigatorGpu } from "../setup/dawn.ts";
import { CASES, Operands, STEP, type Case } from "./oracleCases.ts";

const TOLERANCE = 1e-4;

/** The case's result `y` with its row losses as the objective. */
function caseGraph(build: Case[1]): Graph {
  const operands = new Operands();
  const { builder } = operands;
  const y = build(operands);
  const where = describeRows(y.rows);
  const losses = crossEntropy(builder, y, {
    labels: builder.index(`labels of ${where}`, y.rows),
    weights: builder.values(`weights of ${where}`, y.rows),
  });
  builder.objective(losses);
  builder.output("y", y);
  builder.output("loss", losses.loss);
  builder.output("correct", losses.correct);
  return builder.finish();
}

/** Outputs, gradients and statistics of one step. */
async function resultsOf(executor: Executor, graph: Graph, step: StepValues): Promise<Map<string, Float32Array>> {
  const store = executor.createParameters(shapesOf(graph), randomParameters(graph, 11, 0.7));
  const evaluation = await executor.compileEvaluation(graph, store, step.counts);
  const training = await executor.compileTraining(graph, store, step.counts);
  const outputs = await evaluation.run(step);
  training.step(step, updateSettings({ learningRate: 0 }));
  const gradients = await training.readGradients();
  const [statistics] = await training.statistics();
  const { loss = NaN, correct = NaN, gradientNorm = NaN } = statistics ?? {};
  evaluation.dispose();
  training.dispose();
  store.dispose();
  const named = [...gradients].map(([name, values]): [string, Float32Array] => [`gradient of ${name}`, values]);
  return new Map([...outputs, ...named, ["statistics", Float32Array.of(loss, correct, gradientNorm)]]);
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function expectAgreement(actual: ReadonlyMap<string, Float32Array>, expected: ReadonlyMap<string, Float32Array>): void {
  expect([...actual.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
  for (const [name, values] of expected) {
    expect(actual.get(name), `length of ${name}`).toHaveLength(values.length);
    const error = largest(values.map((value, i) => value - (actual.get(name)?.[i] ?? Number.NaN)));
    expect(error, `error of ${name}`).toBeLessThanOrEqual(TOLERANCE * Math.max(largest(values), 1e-3));
  }
}

describe("WebGPU agrees with TensorFlow.js", () => {
  let webgpu: WebGpuExecutor;
  let cpu: Executor;

  beforeAll(async () => {
    webgpu = await createWebGpuExecutor(await installNavigatorGpu());
    cpu = await createTfjsExecutor("cpu");
  });

  afterAll(() => {
    webgpu.dispose();
    cpu.dispose();
  });

  it.each(CASES)("%s", async (_, build) => {
    const graph = caseGraph(build);
    expectAgreement(await resultsOf(webgpu, graph, STEP), await resultsOf(cpu, graph, STEP));
  });

  it.each([
    ["prefix and soft prompt", SMALL],
    ["gated prompt sets, all weights", { ...SMALL, sets: 2, gated: true, trainBackbone: true }],
    [
      "causal, grouped heads, tanh form",
      { ...SMALL, width: 16, heads: 4, keyValueHeads: 2, causal: true, activation: "gelu-tanh" as const },
    ],
  ])("a transformer: %s", async (_, options) => {
    const graph = transformerGraph(options);
    const step = randomStep(options, [5, 3, 7], 5);
    expectAgreement(await resultsOf(webgpu, graph, step), await resultsOf(cpu, graph, step));
  });

  it("TensorFlow.js on the same device gives the same, and leaves the device open", async () => {
    const shared = await createTfjsExecutor("webgpu", { device: webgpu.device });
    expect(shared.info.backend).toBe("tfjs-webgpu");
    const options = { ...SMALL, layers: 1 };
    const graph = transformerGraph(options);
    const step = randomStep(options, [5, 3, 7], 5);
    const expected = await resultsOf(cpu, graph, step);
    expectAgreement(await resultsOf(shared, graph, step), expected);
    expect(shared.allocatedBytes()).toBe(0);
    shared.dispose();
    expectAgreement(await resultsOf(webgpu, graph, step), expected);
  });
});
