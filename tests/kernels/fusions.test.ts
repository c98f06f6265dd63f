/**
 * Fusions and stacked projections change which tensors come into being and nothing else: the same gradients, losses and
 * outputs with each of them and without, and how many dispatches a step of a BERT encoder takes with all.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { UpdateSettings } from "../../src/engine/executor.ts";
import { operandsOf } from "../../src/engine/graph/operation.ts";
import { activation } from "../../src/engine/graph/operations/activation.ts";
import { add } from "../../src/engine/graph/operations/add.ts";
import { crossEntropy } from "../../src/engine/graph/operations/crossEntropy.ts";
import { layerNorm } from "../../src/engine/graph/operations/layerNorm.ts";
import { matmul } from "../../src/engine/graph/operations/matmul.ts";
import { stack } from "../../src/engine/graph/operations/stack.ts";
import type { Tensor } from "../../src/engine/graph/tensor.ts";
import { fuse, fusions, type Fusion, type Step } from "../../src/engine/webgpu/fuse.ts";
import type { WebGpuExecutor } from "../../src/engine/webgpu/index.ts";
import { bertProblem, type BertShape } from "./bertEncoder.ts";
import { expectClose, openExecutor, Problem } from "./support.ts";
import { Twin } from "./twin/twin.ts";

const small: BertShape = { layers: 2, width: 64, heads: 2, promptLength: 3, lengths: [5, 1, 7] };
const group = { learningRateScale: 1, weightDecay: 0, active: true };
const update: UpdateSettings = {
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  clipNorm: 1,
  groups: { prompt: group, head: group, model: group },
};

const executors = new Map<string, WebGpuExecutor>();
async function executorWith(chosen: readonly Fusion[]): Promise<WebGpuExecutor> {
  const key = chosen.join(" ");
  const executor = executors.get(key) ?? (await openExecutor({ fusions: chosen, variants: { matmul: "registers" } }));
  executors.set(key, executor);
  return executor;
}
beforeAll(() => executorWith(fusions));
afterAll(() => {
  for (const executor of executors.values()) executor.dispose();
});

/** Gradients and statistics of one step, and the number of dispatches. */
async function stepOf(problem: Problem, chosen: readonly Fusion[] = fusions) {
  const executor = await executorWith(chosen);
  const store = executor.createParameters(problem.shapes, problem.parameters);
  const plan = await executor.compileTraining(problem.graph, store, problem.counts);
  plan.step(problem.step, update);
  const gradients = await plan.readGradients();
  const [statistics] = await plan.statistics();
  const { dispatches } = plan.costs;
  plan.dispose();
  store.dispose();
  return { gradients, statistics, dispatches };
}

function expectTwinGradients(problem: Problem, gradients: ReadonlyMap<string, Float32Array>): void {
  const { graph } = problem;
  const twin = new Twin(problem.step, problem.parameters).run(graph.nodes);
  expect([...gradients.keys()].toSorted()).toEqual([...graph.gradients.keys()].toSorted());
  for (const [name, tensor] of graph.gradients) {
    expectClose(gradients.get(name) ?? [], twin.tensor(tensor), name, { relative: 2e-5, absolute: 1e-7 });
  }
}

describe("a fusion", () => {
  it.each(fusions)("%s alone saves dispatches and gives the same as none", async (fusion) => {
    const [plain, fused] = [await stepOf(preNormProblem(), []), await stepOf(preNormProblem(), [fusion])];
    expect(fused.dispatches).toBeLessThan(plain.dispatches);
    for (const [name, values] of plain.gradients)
      expectClose(fused.gradients.get(name) ?? [], values, name, { relative: 2e-6, absolute: 1e-8 });
    expectClose(
      Object.values(fused.statistics ?? {}).map(Number),
      Object.values(plain.statistics ?? {}).map(Number),
      "statistics",
    );
  });

  it("with all others agrees with the twin", async () => {
    const problem = bertProblem(small);
    expectTwinGradients(problem, (await stepOf(problem)).gradients);
  });
});

/** Two blocks x + W₂·gelu(W₁·norm(x)), every weight trained: each fusion finds something. */
function preNormProblem(): Problem {
  const problem = new Problem(3);
  const { builder } = problem;
  const rows = problem.space("rows", 13);
  const width = 20;
  const weight = (name: string, height: number, columns: number) =>
    problem.parameter(name, height, columns, { group: "model", scale: 0.4 });
  let x = matmul(builder, problem.rows("x", rows, width), weight("in", width, width), { transposeB: true });
  for (const block of ["a", "b"]) {
    const name = (part: string): string => `${block}.${part}`;
    const gain = weight(name("gain"), 1, width);
    const normed = layerNorm(builder, x, { gain, bias: weight(name("shift"), 1, width), epsilon: 1e-5 });
    const bias = weight(name("bias"), 1, 33);
    const inner = matmul(builder, normed, weight(name("up"), 33, width), { transposeB: true, bias });
    const active = activation(builder, inner, "gelu", name("gelu"));
    x = add(builder, x, matmul(builder, active, weight(name("down"), width, 33), { transposeB: true }));
  }
  const labels = builder.index("labels", rows);
  const weights = builder.values("weights", rows);
  problem.indices["labels"] = Int32Array.from({ length: 13 }, (_, i) => i % width);
  problem.values["weights"] = Float32Array.from({ length: 13 }, (_, i) => i / 50);
  builder.objective(crossEntropy(builder, x, { labels, weights }));
  return problem;
}

describe("what must stay", () => {
  it("is computed although it could have been skipped", () => {
    const problem = preNormProblem();
    const { graph } = problem;
    const activations = graph.nodes.filter((node) => node.op === "matmul").flatMap(({ outputs }) => outputs);
    const steps = fuse(graph.nodes, new Set([...activations, ...graph.gradients.values()]), fusions);
    const written = steps.flatMap(writtenBy);
    expect(activations.filter((tensor) => !written.includes(tensor)).map(({ label }) => label)).toEqual([]);
  });

  it("is read only after it was written, whatever is fused", () => {
    const { graph } = bertProblem({ ...small, weightGroup: () => "model" });
    const steps = fuse(graph.nodes, new Set(graph.gradients.values()), fusions);
    const known = new Set(graph.parameters);
    const early: string[] = [];
    for (const step of steps) {
      for (const tensor of readBy(step)) if (!known.has(tensor)) early.push(tensor.label);
      for (const tensor of writtenBy(step)) known.add(tensor);
    }
    expect(steps.length).toBeLessThan(graph.nodes.length);
    expect(early).toEqual([]);
  });
});

function readBy(step: Step): Tensor[] {
  if (step.kind !== "product")
    return [...operandsOf(step.node), ...(step.kind === "layer-norm" ? [step.residual] : [])];
  const { a, b, epilogue = {} } = step.product;
  const { bias, residual, derivative } = epilogue;
  return [a, b, bias, residual, derivative?.preActivation].filter((tensor) => tensor !== undefined);
}

function writtenBy(step: Step): Tensor[] {
  if (step.kind === "node") return [...step.node.outputs];
  if (step.kind === "layer-norm") return [step.dx];
  if (step.kind === "cross-entropy") return [...step.node.outputs, ...step.gradient.outputs];
  const { y, epilogue } = step.product;
  return [y, epilogue?.activation?.preActivation].filter((tensor) => tensor !== undefined);
}

describe("stacked projections", () => {
  it.each([
    ["frozen", undefined],
    ["all trained", () => "model"],
    ["with trained biases", (name: string) => (name.endsWith(".bias") ? "model" : undefined)],
    ["of which one is trained", (name: string) => (name.includes("self.key") ? "model" : undefined)],
  ])("%s agree with the twin and with separate ones", async (_, weightGroup) => {
    const shape = weightGroup === undefined ? small : { ...small, weightGroup };
    const problem = bertProblem(shape);
    const { gradients, dispatches } = await stepOf(problem);
    expectTwinGradients(problem, gradients);
    const separate = await stepOf(bertProblem({ ...shape, unstacked: true }));
    expect(dispatches).toBeLessThanOrEqual(separate.dispatches);
    for (const [name, values] of separate.gradients)
      expectClose(gradients.get(name) ?? [], values, name, { relative: 1e-5, absolute: 1e-7 });
  });

  it("of parameters that lie apart are put together by copies", async () => {
    const problem = new Problem(5);
    const { builder } = problem;
    const rows = problem.space("rows", 7);
    const part = (name: string, height: number, width = 5) =>
      problem.parameter(name, height, width, { group: "model" });
    const bias = stack(builder, [part("a.bias", 1, 2), part("b.bias", 1, 3)]);
    const weights = stack(builder, [part("a", 2), part("b", 3)]);
    const logits = matmul(builder, problem.rows("x", rows, 5), weights, { transposeB: true, bias });
    problem.indices["labels"] = new Int32Array(7);
    problem.values["weights"] = new Float32Array(7).fill(0.1);
    const inputs = { labels: builder.index("labels", rows), weights: builder.values("weights", rows) };
    builder.objective(crossEntropy(builder, logits, inputs));
    expectTwinGradients(problem, (await stepOf(problem)).gradients);
  });
});
