/** Masks of dropout: the same on every executor, in every micro-batch and under padding; right on average; none in an evaluation. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseExperiment } from "../../src/config/experiment.ts";
import type { Executor, StepStatistics } from "../../src/engine/executor.ts";
import { Builder } from "../../src/engine/graph/builder.ts";
import { dropout, dropoutHash, dropoutThreshold } from "../../src/engine/graph/operations/dropout.ts";
import { logitsOf } from "../../src/training/evaluate.ts";
import { openSession } from "../../src/training/session.ts";
import { initialValues, setUpRun } from "../../src/training/setup.ts";
import { updateSettings } from "../../src/training/seedRun.ts";
import { openExecutor } from "../parity/executors.ts";
import { fixtureModel, labelNames } from "../parity/models.ts";

const attributes = { share: 0.3, stream: 5 };
const [rows, width] = [61, 37];

/** Ones under the mask of one step. */
async function maskOn(executor: Executor, key: readonly [number, number]): Promise<Float32Array> {
  const builder = new Builder();
  const x = builder.parameter({ name: "x", rows, width });
  const indices = {
    key: builder.index("key", 2),
    example: builder.index("example", rows),
    position: builder.index("position", rows),
  };
  builder.output("y", dropout(builder, x, { indices, attributes }));
  const store = executor.createParameters(
    [{ name: "x", rows, width }],
    new Map([["x", new Float32Array(rows * width).fill(1)]]),
  );
  const plan = await executor.compileEvaluation(builder.finish(), store, {});
  const each = (value: (row: number) => number): Int32Array =>
    Int32Array.from({ length: rows }, (_, row) => value(row));
  const example = each((row) => Math.floor(row / 7));
  const outputs = await plan.run({
    counts: {},
    indices: { key: Int32Array.from(key), example, position: each((row) => (row % 7) - 1) },
    values: {},
  });
  plan.dispose();
  store.dispose();
  return outputs.get("y") ?? new Float32Array();
}

let webgpu: Executor;
let wasm: Executor;

beforeAll(async () => {
  [webgpu, wasm] = await Promise.all([openExecutor("webgpu"), openExecutor("wasm")]);
});

afterAll(() => {
  webgpu.dispose();
  wasm.dispose();
});

describe("a mask", () => {
  it("is the same in every bit on WebGPU and TensorFlow.js, and other ones in other steps", async () => {
    const first = await maskOn(webgpu, [11, 1]);
    expect(first).toEqual(await maskOn(wasm, [11, 1]));
    expect(first).not.toEqual(await maskOn(webgpu, [11, 2]));
    expect(first).not.toEqual(await maskOn(webgpu, [12, 1]));
    expect(new Set(first)).toEqual(new Set([0, Math.fround(1 / 0.7)]));
  });

  it("drops its share of elements, of rows and of columns, and neighbours independently", () => {
    const threshold = dropoutThreshold(attributes);
    const isDropped = (step: number, example: number, column: number): number =>
      dropoutHash([1, step, 5, example, 3, column]) < threshold ? 1 : 0;
    const count = 200;
    const all = Array.from({ length: count }, (_, i) => i);
    const share = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const grid = all.flatMap((example) => all.map((column) => isDropped(1, example, column)));
    // Four standard deviations of 40,000 draws with p = 0.3.
    expect(Math.abs(share(grid) - 0.3)).toBeLessThan(0.0092);
    const both = all.flatMap((example) =>
      all.map((column) => isDropped(1, example, column) * isDropped(1, example, column + 1)),
    );
    expect(Math.abs(share(both) - 0.09)).toBeLessThan(0.0085);
    const repeated = all.flatMap((example) =>
      all.map((step) => isDropped(step, example, 0) * isDropped(step + 1, example, 0)),
    );
    expect(Math.abs(share(repeated) - 0.09)).toBeLessThan(0.0085);
  });
});

const texts = ["good film", "a very bad movie and a poor plot", "fine", "the music was dull , not great", "warm food"];

/** Statistics of three steps with dropout, and the logits of an evaluation behind them. */
async function runOn(executor: Executor, method: object, training: object) {
  const model = await fixtureModel("tiny-bert");
  const settings = { learningRate: 0.002, weightDecay: 0, steps: 3, batchSize: texts.length, ...training };
  const experiment = parseExperiment({ model: "tiny-bert", method, training: settings });
  const labels = labelNames(2);
  const setup = setUpRun(experiment, model, labels);
  const examples = texts.map((text, index) => ({ text, label: labels[index % 2] ?? "" }));
  const part = setup.task.encode(examples, { labels, budget: 32 });
  const longest = Math.max(...part.sequences.map(({ encoding }) => encoding.ids.length));
  const state = { values: initialValues(model, setup, 1) };
  const data = { train: part, evaluation: part, longest };
  const session = await openSession({ executor, setup, settings: experiment.training, data, state });
  const before = await logitsOf(session.evaluation, setup, part.sequences);
  for (const step of [1, 2, 3]) {
    await session.step(setup.pack(part.sequences, true, { seed: 9, step }), updateSettings(experiment, step));
  }
  const statistics: StepStatistics[] = await session.training.statistics();
  session.dispose();
  return {
    losses: statistics.map(({ loss }) => loss),
    norms: statistics.map(({ gradientNorm }) => gradientNorm),
    before,
  };
}

const methods = [
  ["a deep prompt", { kind: "prefix-tuning", promptLength: 3, initialScale: 1, layers: [1, 3] }],
  [
    "a deep prompt from a network",
    { kind: "prefix-tuning", promptLength: 3, initialScale: 1, reparameterisation: "mlp" },
  ],
  ["a soft prompt", { kind: "prompt-tuning", promptLength: 3, initialScale: 1 }],
] as const;

describe.each(methods)("%s with dropout", (_, method) => {
  const dropped = { ...method, dropout: 0.4 };

  it("trains the same on WebGPU, on TensorFlow.js, in micro-batches and padded", async () => {
    const whole = await runOn(wasm, dropped, {});
    const others = [
      await runOn(webgpu, dropped, {}),
      await runOn(wasm, dropped, { microBatch: 2 }),
      await runOn(wasm, dropped, { savings: { packedRows: false } }),
    ];
    for (const other of others) {
      for (const [step, loss] of whole.losses.entries()) expect(other.losses[step]).toBeCloseTo(loss, 4);
      for (const [step, norm] of whole.norms.entries()) {
        expect(Math.abs((other.norms[step] ?? 0) - norm)).toBeLessThan(1e-3 * Math.max(1, norm));
      }
    }
    expect((await runOn(wasm, method, {})).losses[0]).not.toBeCloseTo(whole.losses[0] ?? 0, 3);
  });

  it("evaluates without it", async () => {
    expect((await runOn(wasm, dropped, {})).before).toEqual((await runOn(wasm, method, {})).before);
  });
});
