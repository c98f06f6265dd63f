/** Frozen matrices in half precision: the same results where they were half precision before, close ones elsewhere, and less memory. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseExperiment } from "../../src/config/experiment.ts";
import { activation } from "../../src/engine/graph/operations/activation.ts";
import { gather } from "../../src/engine/graph/operations/gather.ts";
import { markHalves } from "../../src/engine/graph/halfWeights.ts";
import type { WebGpuExecutor } from "../../src/engine/webgpu/index.ts";
import { floatsFromHalf, halvesFromFloats } from "../../src/lib/halfPrecision.ts";
import { estimateRun } from "../../src/training/estimate.ts";
import { prepareData } from "../../src/training/prepareData.ts";
import { openSession } from "../../src/training/session.ts";
import { groupSettings, initialValues, setUpRun } from "../../src/training/setup.ts";
import { fixtureModel } from "../parity/models.ts";
import { opinions } from "../unit/training/support.ts";
import { encoderProblem } from "./encoder.ts";
import { evaluate, expectClose, openExecutor, Problem } from "./support.ts";

let executor: WebGpuExecutor;
beforeAll(async () => {
  executor = await openExecutor();
});
afterAll(() => executor.dispose());

function encoder(): Problem {
  const sizes = { layers: 2, width: 32, heads: 2, feedForward: 64, promptLength: 3, classes: 3 };
  return encoderProblem({ ...sizes, lengths: [5, 1, 7] });
}

/** Marks what may be half precision in place and says what was marked. */
function mark(problem: Problem): string[] {
  const marked = markHalves(problem.shapes, [problem.graph]);
  problem.shapes.splice(0, Infinity, ...marked);
  return marked.filter(({ half }) => half === true).map(({ name }) => name);
}

async function logits(problem: Problem): Promise<Float32Array> {
  return (await evaluate(executor, problem.graph, problem)).get("logits") ?? new Float32Array(0);
}

it("are the frozen matrices that products and lookups read", () => {
  const marked = mark(encoder());
  expect(marked).toContain("embeddings");
  expect(marked).toContain("0.query");
  expect(marked).toContain("1.down");
  for (const kept of ["prefix", "head", "head.bias", "0.query.bias", "0.norm.gain"]) expect(marked).not.toContain(kept);
});

it("change nothing where the weights are half precision already", async () => {
  const [full, half] = [encoder(), encoder()];
  for (const problem of [full, half]) {
    for (const [name, values] of problem.parameters) {
      problem.parameters.set(name, floatsFromHalf(halvesFromFloats(values)));
    }
  }
  mark(half);
  expectClose(await logits(half), await logits(full), "logits", { absolute: 1e-5, relative: 0 });
});

it("move the logits of other weights by less than a hundredth", async () => {
  const [full, half] = [encoder(), encoder()];
  mark(half);
  const moved = await logits(half);
  const exact = await logits(full);
  expectClose(moved, exact, "logits", { absolute: 1e-2, relative: 0 });
  expect(moved).not.toEqual(exact);
});

it("take half the memory", () => {
  const shape = { name: "w", rows: 256, width: 256 };
  const values = new Map([["w", new Float32Array(256 * 256).fill(0.1)]]);
  const bytes = [false, true].map((half) => {
    const store = executor.createParameters([{ ...shape, half }], values);
    const held = executor.allocatedBytes();
    store.dispose();
    return held;
  });
  expect(bytes).toEqual([256 * 256 * 4, 256 * 256 * 2]);
});

it("stay in full precision where a value is too large, and are not written in parts", () => {
  const shape = { name: "w", rows: 128, width: 4, half: true };
  const large = executor.createParameters([shape], new Map([["w", new Float32Array(512).fill(70_000)]]));
  expect(executor.allocatedBytes()).toBe(512 * 4);
  large.dispose();
  const small = executor.createParameters([shape], new Map([["w", new Float32Array(512)]]));
  expect(() => small.writeRows("w", 0, new Float32Array(4))).toThrow(/half precision/);
  small.dispose();
});

it("are refused where a kernel cannot unpack them", async () => {
  const problem = new Problem();
  const rows = problem.space("rows", 128);
  const x = problem.rows("x", rows, 4);
  const w = problem.parameter("w", 128, 4);
  const index = problem.builder.index("x.rows", rows);
  const looked = gather(problem.builder, [{ table: w, index }]);
  problem.builder.output("y", activation(problem.builder, looked, "gelu"));
  problem.builder.output("z", activation(problem.builder, w, "gelu"));
  problem.builder.output("x", x);
  const shapes = problem.shapes.map((shape) => ({ ...shape, half: true }));
  const store = executor.createParameters(shapes, problem.parameters);
  await expect(executor.compileEvaluation(problem.graph, store, problem.counts)).rejects.toThrow(
    /"activation" reads "w", which is stored in half precision/,
  );
  store.dispose();
  expect(markHalves(problem.shapes, [problem.graph]).map(({ half }) => half)).toEqual([true, undefined]);
});

/** Three steps of a deep prompt on a real model. */
async function run(weights: "f32" | "f16") {
  const model = await fixtureModel("encoder-l4-d128");
  const method = { kind: "prefix-tuning", promptLength: 4 };
  const training = { learningRate: 0.02, weightDecay: 0, batchSize: 8, maxTokens: 16, weights };
  const experiment = parseExperiment({ method, training });
  const data = prepareData(opinions, experiment, model, 1);
  const setup = setUpRun(experiment, model, data.labels);
  const state = { values: initialValues(model, setup, 1) };
  const session = await openSession({ executor, setup, settings: experiment.training, data, state });
  const batch = setup.pack(data.train.sequences.slice(0, 8), true);
  const logits = (await session.evaluation.run(batch)).get("logits") ?? new Float32Array(0);
  const update = { learningRate: 0.02, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: 1 };
  for (let i = 0; i < 3; i++) await session.step(batch, { ...update, groups: groupSettings(experiment) });
  const losses = Float32Array.from(await session.training.statistics(), ({ loss }) => loss);
  session.dispose();
  expect(executor.allocatedBytes()).toBe(0);
  return { logits, losses, estimate: estimateRun(experiment, model, opinions, executor) };
}

it("train like full ones where the model's file is half precision, by the setting", { timeout: 240_000 }, async () => {
  const [full, half] = [await run("f32"), await run("f16")];
  expectClose(half.logits, full.logits, "logits", { absolute: 1e-5, relative: 0 });
  expectClose(half.losses, full.losses, "losses", { absolute: 1e-4, relative: 0 });
  expect(half.losses[2]).toBeLessThan(half.losses[0] ?? 0);
  expect(half.estimate.weightBytes / full.estimate.weightBytes).toBeLessThan(0.55);
  expect(half.estimate.activationBytes / full.estimate.activationBytes).toBeCloseTo(1, 2);
});
