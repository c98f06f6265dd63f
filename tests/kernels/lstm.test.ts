/** The LSTM, concatenation and scaling against the twin, and the whole gradient of a two-directional layer against differences. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { concatenate } from "../../src/engine/graph/operations/concatenate.ts";
import { lstm } from "../../src/engine/graph/operations/lstm.ts";
import { matmul } from "../../src/engine/graph/operations/matmul.ts";
import { scale } from "../../src/engine/graph/operations/scale.ts";
import type { Tensor } from "../../src/engine/graph/tensor.ts";
import type { WebGpuExecutor } from "../../src/engine/webgpu/index.ts";
import { expectClose, expectSameAsTwin, openExecutor, Problem } from "./support.ts";
import { Twin } from "./twin/twin.ts";

let executor: WebGpuExecutor;
beforeAll(async () => {
  executor = await openExecutor();
});
afterAll(() => executor.dispose());

/** Steps and hidden width: one of each, and widths around a workgroup. */
const sizes: [steps: number, hidden: number][] = [
  [1, 1],
  [5, 3],
  [3, 17],
  [7, 65],
];

describe.each([false, true])("an LSTM direction, reverse %s", (reverse) => {
  it.each(sizes)("of %i steps and %i units keeps states, gates and cells", async (steps, hidden) => {
    const problem = new Problem(steps + hidden);
    const { builder } = problem;
    const x = problem.parameter("x", steps, 4 * hidden, { scale: 2 });
    const weight = problem.parameter("weight", 4 * hidden, hidden);
    const y = lstm(builder, x, { weight, bias: problem.parameter("bias", 1, 4 * hidden), reverse });
    for (const [index, output] of (y.producer?.outputs ?? []).entries()) builder.output(`output ${index}`, output);
    const results = await expectSameAsTwin(executor, problem, { relative: 5e-6 });
    expect(results.size).toBe(4);
  });

  it.each(sizes)("of %i steps and %i units is differentiated through time", async (steps, hidden) => {
    const problem = new Problem(steps * hidden);
    const { builder } = problem;
    const x = problem.parameter("x", steps, 4 * hidden, { scale: 2 });
    const weight = problem.parameter("weight", 4 * hidden, hidden);
    const y = lstm(builder, x, { weight, bias: problem.parameter("bias", 1, 4 * hidden), reverse });
    const [, gates, cells] = y.producer?.outputs ?? [];
    if (gates === undefined || cells === undefined) throw new Error("An LSTM keeps gates and cells.");
    const dy = problem.parameter("dy", steps, hidden);
    const shape = { label: "dx", rows: steps, width: 4 * hidden };
    builder.output("dx", builder.single("lstmGradient", { dy, gates, cells, weight }, {}, { reverse }, shape));
    await expectSameAsTwin(executor, problem, { relative: 2e-4, absolute: 2e-6 });
  });
});

it("refuses weights that do not fit", () => {
  const problem = new Problem();
  const x = problem.parameter("x", 2, 8);
  const options = { weight: problem.parameter("w", 8, 3), bias: problem.parameter("b", 1, 8) };
  expect(() => lstm(problem.builder, x, options)).toThrow("expected x [T, 4h], weight [4h, h] and bias [1, 4h]");
});

describe("columns", () => {
  it.each([
    [1, 1, 1],
    [5, 3, 9],
    [67, 13, 2],
  ])("of %i rows stand side by side and are taken apart", async (rows, left, right) => {
    const problem = new Problem(rows);
    const { builder } = problem;
    const space = problem.space("rows", rows);
    const x = concatenate(builder, problem.rows("a", space, left), problem.rows("b", space, right));
    builder.output("y", x);
    const shape = { label: "right half", rows: x.rows, width: right };
    builder.output("right half", builder.single("columns", { x }, {}, { first: left }, shape));
    await expectSameAsTwin(executor, problem);
  });

  it("refuse different rows", () => {
    const problem = new Problem();
    const [a, b] = [problem.parameter("a", 2, 3), problem.parameter("b", 3, 3)];
    expect(() => concatenate(problem.builder, a, b)).toThrow("expected the same rows, got [2, 3] and [3, 3]");
  });
});

it("scales every element", async () => {
  const problem = new Problem();
  const x = problem.rows("x", problem.space("rows", 65), 3);
  problem.builder.output("y", scale(problem.builder, x, -2.5));
  await expectSameAsTwin(executor, problem);
});

/** A bidirectional layer on [P, D]; loss = Σ states · target. */
function bidirectional(): { problem: Problem; loss: Tensor } {
  const problem = new Problem(3);
  const { builder } = problem;
  const group = "prompt";
  const direction = (name: string, reverse: boolean): Tensor => {
    const input = problem.parameter(`${name}.input`, 12, 5, { group });
    const bias = problem.parameter(`${name}.bias`, 1, 12, { group });
    const gates = matmul(builder, embedding, input, { transposeB: true, bias });
    const weight = problem.parameter(`${name}.weight`, 12, 3, { group });
    return lstm(builder, gates, { weight, bias: problem.parameter(`${name}.recurrent`, 1, 12, { group }), reverse });
  };
  const embedding = problem.parameter("embedding", 4, 5, { group });
  const states = concatenate(builder, direction("forward", false), direction("backward", true));
  const logits = scale(builder, states, 1.5);
  const labels = builder.index("labels", 4);
  const weights = builder.values("weights", 4);
  problem.indices["labels"] = Int32Array.of(0, 5, 2, 3);
  problem.values["weights"] = Float32Array.of(0.25, 0.25, 0.25, 0.25);
  const losses = builder.node("crossEntropy", { logits }, { labels, weights }, {}, [
    { label: "loss", rows: 4, width: 1 },
    { label: "correct", rows: 4, width: 1 },
  ]).outputs;
  const [loss, correct] = losses;
  if (loss === undefined || correct === undefined) throw new Error("Cross entropy has two outputs.");
  builder.objective({ loss, correct });
  return { problem, loss };
}

it("a layer of two directions has the gradient that central differences give, for every weight", async () => {
  const { problem, loss } = bidirectional();
  const { graph } = problem;
  const store = executor.createParameters(problem.shapes, problem.parameters);
  const plan = await executor.compileTraining(graph, store, {});
  const group = { learningRateScale: 1, weightDecay: 0, active: true };
  const rates = { learningRate: 0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: 0 };
  plan.step(problem.step, { ...rates, groups: { prompt: group } });
  const gradients = await plan.readGradients();
  plan.dispose();
  store.dispose();
  const lossWith = (name: string, values: Float64Array): number => {
    const twin = new Twin(problem.step, new Map<string, ArrayLike<number>>([...problem.parameters, [name, values]]));
    return twin
      .run(graph.nodes.slice(0, graph.forwardNodes))
      .tensor(loss)
      .reduce((sum, row) => sum + row, 0);
  };
  expect([...gradients.keys()].toSorted()).toEqual([...problem.parameters.keys()].toSorted());
  for (const [name, gradient] of gradients) {
    const start = Float64Array.from(problem.parameters.get(name) ?? []);
    const differences = start.map((value, i) => {
      const [above, below] = [1e-5, -1e-5].map((step) => lossWith(name, start.with(i, value + step)));
      return ((above ?? 0) - (below ?? 0)) / 2e-5;
    });
    expectClose(gradient, differences, name, { relative: 1e-4, absolute: 1e-7 });
  }
});
