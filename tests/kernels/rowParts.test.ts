/** Matrices that no binding covers: kept in parts, they give what they give as a whole, and so do whole runs. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseExperiment, type Experiment } from "../../src/config/experiment.ts";
import { OutOfDeviceMemoryError, type UpdateSettings } from "../../src/engine/executor.ts";
import { crossEntropy } from "../../src/engine/graph/operations/crossEntropy.ts";
import { gather } from "../../src/engine/graph/operations/gather.ts";
import { matmul } from "../../src/engine/graph/operations/matmul.ts";
import type { ExecutorOptions, WebGpuExecutor } from "../../src/engine/webgpu/index.ts";
import { groupSettings, initialValues, setUpRun } from "../../src/training/setup.ts";
import { openSession } from "../../src/training/session.ts";
import { prepareData } from "../../src/training/prepareData.ts";
import { fixtureModel } from "../parity/models.ts";
import { expectClose, openExecutor, Problem, randomValues } from "./support.ts";

/** 256 of 300 rows of 16 f32 numbers. */
const BINDING_BYTES = 256 * 16 * 4;
const VOCABULARY = 300;

let whole: WebGpuExecutor;
let cut: WebGpuExecutor;
beforeAll(async () => {
  whole = await openExecutor();
  cut = await openExecutor({ bindingBytes: BINDING_BYTES });
});
afterAll(() => [whole, cut].forEach((executor) => executor.dispose()));

const update: UpdateSettings = {
  learningRate: 0.05,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  clipNorm: 0,
  groups: { model: { learningRateScale: 1, weightDecay: 0.1, active: true } },
};

interface ModelOptions {
  readonly trainsWords: boolean;
  readonly trainsBias?: boolean;
  readonly rows?: number;
}

/** Words in, next words out by the same matrix; a middle layer is trained, words and their bias where asked. */
function languageModel({ trainsWords, trainsBias = false, rows = 7 }: ModelOptions): Problem {
  const problem = new Problem(3);
  const group = { group: "model" };
  const { builder } = problem;
  const tokens = problem.space("tokens", rows);
  const words = problem.parameter("words", VOCABULARY, 16, { scale: 0.5, ...(trainsWords ? group : {}) });
  const places = problem.parameter("places", 8, 16);
  const index = builder.index("word", tokens);
  const place = builder.index("place", tokens);
  const embedded = gather(builder, [
    { table: words, index },
    { table: places, index: place },
  ]);
  const middle = matmul(builder, embedded, problem.parameter("middle", 16, 16, { scale: 0.5, ...group }));
  const bias = problem.parameter("bias", 1, VOCABULARY, trainsBias ? group : {});
  const logits = matmul(builder, middle, words, { transposeB: true, bias, label: "logits" });
  const labels = builder.index("label", tokens);
  const { loss, correct } = crossEntropy(builder, logits, { labels, weights: builder.values("weight", tokens) });
  builder.output("logits", logits);
  builder.objective({ loss, correct });
  // Both sides of the cut, its first and last rows, and no word at all.
  const ids = [0, 255, 256, 299, -1, 256, 17];
  const choose = (pick: (i: number) => number): Int32Array => Int32Array.from({ length: rows }, (_, i) => pick(i));
  problem.indices["word"] = choose((i) => ids[i % ids.length] ?? 0);
  problem.indices["place"] = choose((i) => i % 8);
  problem.indices["label"] = choose((i) => Math.abs(ids[(i + 2) % ids.length] ?? 0));
  problem.values["weight"] = new Float32Array(rows).fill(1 / rows);
  return problem;
}

/** What two steps leave, and the logits before them. */
async function outcome(executor: WebGpuExecutor, problem: Problem) {
  const { graph, counts, step } = problem;
  const store = executor.createParameters(problem.shapes, problem.parameters);
  const evaluation = await executor.compileEvaluation(graph, store, counts);
  const training = await executor.compileTraining(graph, store, counts);
  const logits = (await evaluation.run(step)).get("logits") ?? new Float32Array(0);
  training.step(step, update);
  const gradients = await training.readGradients();
  training.step(step, update);
  const statistics = await training.statistics();
  const state = await store.readState();
  for (const held of [evaluation, training, store]) held.dispose();
  expect(executor.allocatedBytes()).toBe(0);
  return { logits, gradients, state, losses: Float32Array.from(statistics, ({ loss }) => loss) };
}

describe("a word matrix in parts", () => {
  const trainings = [{ trainsWords: false }, { trainsWords: true }, { trainsWords: true, trainsBias: true }];
  it.each<ModelOptions>(trainings)("gives the same as a whole one (%o)", async (what) => {
    const [expected, found] = [await outcome(whole, languageModel(what)), await outcome(cut, languageModel(what))];
    const near = { absolute: 1e-6, relative: 1e-5 };
    expectClose(found.logits, expected.logits, "logits", near);
    expectClose(found.losses, expected.losses, "losses", near);
    const names = [...(what.trainsBias ? ["bias"] : []), "middle", ...(what.trainsWords ? ["words"] : [])];
    expect([...found.gradients.keys()].toSorted()).toEqual(names);
    for (const name of names) {
      const of = (values: ReadonlyMap<string, Float32Array>) => values.get(name) ?? new Float32Array(0);
      expectClose(of(found.gradients), of(expected.gradients), `gradient of ${name}`, near);
      expectClose(of(found.state.values), of(expected.state.values), name, { absolute: 1e-4, relative: 1e-4 });
      expectClose(of(found.state.secondMoments), of(expected.state.secondMoments), `moments of ${name}`, near);
    }
  });

  it("keeps its state, whole, over writing and reading", async () => {
    const problem = languageModel({ trainsWords: true });
    const store = cut.createParameters(problem.shapes, problem.parameters);
    const values = new Map([
      ["words", randomValues(VOCABULARY * 16, 8)],
      ["middle", randomValues(256, 9)],
    ]);
    store.writeState({ values });
    expect(await store.readTrained()).toEqual(values);
    store.dispose();
  });

  it("takes rows on both sides of the cut", async () => {
    const problem = new Problem();
    const table = problem.parameter("table", VOCABULARY, 16);
    const index = problem.builder.index("row", problem.space("rows", 4));
    problem.indices["row"] = Int32Array.of(253, 255, 256, 258);
    problem.builder.output("y", gather(problem.builder, [{ table, index }]));
    const store = cut.createParameters(problem.shapes, problem.parameters);
    const rows = randomValues(4 * 16, 5);
    store.writeRows("table", 254, rows);
    const plan = await cut.compileEvaluation(problem.graph, store, problem.counts);
    const y = (await plan.run(problem.step)).get("y") ?? new Float32Array(0);
    const before = problem.parameters.get("table") ?? new Float32Array(0);
    const expected = [...before.slice(253 * 16, 254 * 16), ...rows.slice(16, 48), ...before.slice(258 * 16, 259 * 16)];
    expect([...y]).toEqual(expected);
    plan.dispose();
    store.dispose();
  });

  it("says what cannot be: another use of the matrix, too many logits, rows that fit no binding", async () => {
    const other = new Problem();
    const x = other.rows("x", other.space("rows", 2), VOCABULARY);
    other.builder.output("y", matmul(other.builder, x, other.parameter("w", VOCABULARY, 16)));
    const store = cut.createParameters(other.shapes, other.parameters);
    await expect(cut.compileEvaluation(other.graph, store, other.counts)).rejects.toThrow(
      /"w" is larger than this device binds at once, and "matmul" cannot read it in parts/,
    );
    store.dispose();
    const many = languageModel({ trainsWords: false, rows: 14 });
    const weights = cut.createParameters(many.shapes, many.parameters);
    const compiling = cut.compileTraining(many.graph, weights, many.counts);
    await expect(compiling).rejects.toThrow(OutOfDeviceMemoryError);
    await expect(compiling).rejects.toThrow(/takes \d+ bytes; this device binds at most 16384 at once/);
    weights.dispose();
    const wide = { name: "wide", rows: 2, width: 8192 };
    expect(() => cut.createParameters([wide], new Map([["wide", new Float32Array(16_384)]]))).toThrow(
      /"wide" has 65536 bytes; this device binds at most 16384/,
    );
    expect(cut.allocatedBytes()).toBe(0);
  });
});

describe("a run of a GPT-2 whose word matrix no binding covers", () => {
  /** 128 of its 297 word vectors of 21 numbers, as parts have whole multiples of 128 rows; 17 rows of logits. */
  const bindingBytes = 297 * 17 * 4;
  const examples = [
    { source: "good", target: "a movie" },
    { source: "", target: "the bad film" },
  ];

  function experimentOf(method: object): Experiment {
    const training = { learningRate: 0.02, weightDecay: 0, batchSize: 2, evaluateEvery: 12, maxTokens: 10 };
    return parseExperiment({ model: "tiny-gpt2", task: { kind: "causal-lm" }, method, training });
  }

  async function losses(experiment: Experiment, options: ExecutorOptions): Promise<Float32Array> {
    const executor = await openExecutor(options);
    const model = await fixtureModel("tiny-gpt2");
    const data = prepareData({ name: "few", train: examples, evaluation: examples }, experiment, model, 1);
    const setup = { ...setUpRun(experiment, model, data.labels), evaluationChunk: 1 };
    const state = { values: initialValues(model, setup, 1) };
    const session = await openSession({ executor, setup, settings: experiment.training, data, state });
    const batch = setup.pack(data.train.sequences, true);
    const { training, store } = session;
    expect(store.shapes.map(({ name }) => name)).toContain("wte.weight");
    for (let i = 0; i < 3; i++) await session.step(batch, { ...update, groups: groupSettings(experiment) });
    const statistics = await training.statistics();
    session.dispose();
    expect(executor.allocatedBytes()).toBe(0);
    executor.dispose();
    return Float32Array.from(statistics, ({ loss }) => loss);
  }

  it.each([{ kind: "prompt-tuning", promptLength: 2 }, { kind: "full-fine-tuning" }])(
    "loses the same with %o",
    { timeout: 120_000 },
    async (method) => {
      const experiment = experimentOf(method);
      const [expected, found] = [await losses(experiment, {}), await losses(experiment, { bindingBytes })];
      expect(expected[2]).toBeLessThan(expected[0] ?? 0);
      expectClose(found, expected, "losses", { absolute: 1e-5, relative: 1e-5 });
    },
  );
});
