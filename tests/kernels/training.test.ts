/** Training end to end on the software GPU: gradients, AdamW, clipping, skipped updates, state. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { UpdateSettings } from "../../src/engine/executor.ts";
import type { WebGpuExecutor } from "../../src/engine/webgpu/index.ts";
import { encoderProblem, type EncoderShape } from "./encoder.ts";
import { expectClose, openExecutor, type Problem } from "./support.ts";
import { Twin } from "./twin/twin.ts";

const small: EncoderShape = {
  layers: 2,
  width: 16,
  heads: 2,
  feedForward: 24,
  promptLength: 3,
  lengths: [5, 1, 7],
  classes: 3,
};
const update: UpdateSettings = {
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  clipNorm: 0,
  groups: {
    prompt: { learningRateScale: 1, weightDecay: 0.1, active: true },
    head: { learningRateScale: 0.5, weightDecay: 0, active: true },
    backbone: { learningRateScale: 0.1, weightDecay: 0.01, active: true },
  },
};

let executor: WebGpuExecutor;
beforeAll(async () => {
  executor = await openExecutor();
});
afterAll(() => executor.dispose());

async function prepare(problem: Problem) {
  const graph = problem.graph;
  const store = executor.createParameters(problem.shapes, problem.parameters);
  const plan = await executor.compileTraining(graph, store, problem.counts);
  const dispose = (): void => {
    plan.dispose();
    store.dispose();
  };
  return { graph, store, plan, dispose };
}

/** torch.optim.AdamW in f64 on gradients of the twin. */
class TwinTraining {
  readonly values: Map<string, number[]>;
  readonly #problem: Problem;
  readonly #moments = new Map<string, { first: number[]; second: number[] }>();
  norms: number[] = [];
  losses: number[] = [];

  constructor(problem: Problem) {
    this.#problem = problem;
    this.values = new Map([...problem.parameters].map(([name, data]) => [name, [...data]]));
  }

  step(settings: UpdateSettings, t: number): void {
    const graph = this.#problem.graph;
    const twin = new Twin(this.#problem.step, this.values).run(graph.nodes);
    const gradients = [...graph.gradients].map(([name, tensor]) => [name, twin.tensor(tensor)] as const);
    const norm = Math.sqrt(gradients.reduce((sum, [, data]) => sum + data.reduce((s, g) => s + g * g, 0), 0));
    const factor = settings.clipNorm > 0 ? Math.min(1, settings.clipNorm / (norm + 1e-6)) : 1;
    this.norms.push(norm);
    this.losses.push(
      graph.objective === undefined ? 0 : twin.tensor(graph.objective.loss).reduce((sum, loss) => sum + loss, 0),
    );
    for (const [name, data] of gradients) this.#update(name, data, factor, settings, t);
  }

  #update(name: string, gradient: Float64Array, factor: number, settings: UpdateSettings, t: number): void {
    const values = this.values.get(name) ?? [];
    const group = settings.groups[this.#problem.shapes.find((shape) => shape.name === name)?.group ?? ""];
    if (group === undefined || !group.active) return;
    const { beta1, beta2, epsilon, learningRate } = settings;
    const moments = this.#moments.get(name) ?? { first: values.map(() => 0), second: values.map(() => 0) };
    this.#moments.set(name, moments);
    const rate = learningRate * group.learningRateScale;
    for (const [i, raw] of gradient.entries()) {
      const g = raw * factor;
      const first = (moments.first[i] = beta1 * (moments.first[i] ?? 0) + (1 - beta1) * g);
      const second = (moments.second[i] = beta2 * (moments.second[i] ?? 0) + (1 - beta2) * g * g);
      const decayed = (values[i] ?? 0) * (1 - rate * group.weightDecay);
      values[i] =
        decayed - ((rate / (1 - beta1 ** t)) * first) / (Math.sqrt(second) / Math.sqrt(1 - beta2 ** t) + epsilon);
    }
  }
}

describe("gradients", () => {
  it.each([
    ["prompt and head", small],
    ["every weight", { ...small, trainAll: true }],
    ["every weight of a causal model", { ...small, trainAll: true, causal: true }],
  ] as const)("of %s agree with the twin", async (_, shape) => {
    const problem = encoderProblem(shape);
    const { graph, plan, dispose } = await prepare(problem);
    plan.step(problem.step, update);
    const gradients = await plan.readGradients();
    const twin = new Twin(problem.step, problem.parameters).run(graph.nodes);
    expect([...gradients.keys()].toSorted()).toEqual([...graph.gradients.keys()].toSorted());
    for (const [name, tensor] of graph.gradients) {
      expectClose(gradients.get(name) ?? [], twin.tensor(tensor), name, { relative: 1e-5, absolute: 1e-7 });
    }
    dispose();
  });

  it("of the twin itself agree with finite differences of its loss", () => {
    const problem = encoderProblem({ ...small, trainAll: true, lengths: [3, 2] });
    const graph = problem.graph;
    const lossOf = (parameters: Map<string, ArrayLike<number>>): number => {
      const twin = new Twin(problem.step, parameters).run(graph.nodes.slice(0, graph.forwardNodes));
      return graph.objective === undefined
        ? Number.NaN
        : twin.tensor(graph.objective.loss).reduce((sum, loss) => sum + loss, 0);
    };
    const twin = new Twin(problem.step, problem.parameters).run(graph.nodes);
    for (const [name, tensor] of graph.gradients) {
      const values = problem.parameters.get(name) ?? new Float32Array(0);
      for (const i of [0, Math.floor(values.length / 2), values.length - 1]) {
        const moved = (by: number) =>
          new Map<string, ArrayLike<number>>([
            ...problem.parameters,
            [name, Float64Array.from(values, (v, j) => v + (i === j ? by : 0))],
          ]);
        const slope = (lossOf(moved(1e-5)) - lossOf(moved(-1e-5))) / 2e-5;
        expect(Math.abs((twin.tensor(tensor)[i] ?? 0) - slope), `${name}[${i}]`).toBeLessThan(1e-7);
      }
    }
  });
});

describe("updates", () => {
  it.each([0, 0.05])("follow torch's AdamW for five steps at clip norm %d", async (clipNorm) => {
    const problem = encoderProblem(small);
    const { store, plan, dispose } = await prepare(problem);
    const twin = new TwinTraining(problem);
    const settings = { ...update, clipNorm };
    for (let t = 1; t <= 5; t++) {
      plan.step(problem.step, settings);
      twin.step(settings, t);
    }
    const statistics = await plan.statistics();
    expectClose(
      statistics.map(({ loss }) => loss),
      twin.losses,
      "loss",
      { relative: 1e-5 },
    );
    expectClose(
      statistics.map(({ gradientNorm }) => gradientNorm),
      twin.norms,
      "gradient norm",
      { relative: 1e-4 },
    );
    for (const [name, data] of await store.readTrained())
      expectClose(data, twin.values.get(name) ?? [], name, { relative: 1e-4 });
    expect(await plan.statistics()).toEqual([]);
    dispose();
  });

  it("leave an inactive group alone, moments included, and out of the norm", async () => {
    const problem = encoderProblem(small);
    const { store, plan, dispose } = await prepare(problem);
    const groups = { ...update.groups, prompt: { learningRateScale: 1, weightDecay: 0.1, active: false } };
    plan.step(problem.step, { ...update, groups });
    const [statistics] = await plan.statistics();
    const { values, firstMoments } = await store.readState();
    const gradients = await plan.readGradients();
    const squares = ["head", "head.bias"]
      .flatMap((name) => [...(gradients.get(name) ?? [])])
      .reduce((sum, g) => sum + g * g, 0);
    expect(values.get("prefix")).toEqual(problem.parameters.get("prefix"));
    expect(firstMoments.get("prefix")?.every((moment) => moment === 0)).toBe(true);
    expect(values.get("head")).not.toEqual(problem.parameters.get("head"));
    expect(statistics?.gradientNorm).toBeCloseTo(Math.sqrt(squares), 5);
    dispose();
  });

  it("are skipped and flagged when a gradient is not finite, and go on afterwards", async () => {
    const problem = encoderProblem(small);
    const { store, plan, dispose } = await prepare(problem);
    const broken = { ...problem.step, values: { weights: Float32Array.of(Number.POSITIVE_INFINITY, 1, 1) } };
    plan.step(broken, update);
    const after = await store.readState();
    expect(after.values.get("prefix")).toEqual(problem.parameters.get("prefix"));
    expect(after.secondMoments.get("head")?.every((moment) => moment === 0)).toBe(true);
    plan.step(problem.step, update);
    expect((await plan.statistics()).map(({ skipped }) => skipped)).toEqual([true, false]);
    expect((await store.readTrained()).get("prefix")).not.toEqual(problem.parameters.get("prefix"));
    dispose();
  });

  it("continue from a written state exactly", async () => {
    const problem = encoderProblem(small);
    const first = await prepare(problem);
    for (let i = 0; i < 3; i++) first.plan.step(problem.step, update);
    const state = await first.store.readState();
    for (let i = 0; i < 2; i++) first.plan.step(problem.step, update);
    const straight = await first.store.readTrained();
    first.store.writeState(state);
    for (let i = 0; i < 2; i++) first.plan.step(problem.step, update);
    expect(state.updates).toBe(3);
    expect(await first.store.readTrained()).toEqual(straight);
    first.dispose();
  });

  it("give the same bits in every run", async () => {
    const runs: Map<string, Float32Array>[] = [];
    for (let run = 0; run < 2; run++) {
      const problem = encoderProblem({ ...small, trainAll: true });
      const { store, plan, dispose } = await prepare(problem);
      for (let i = 0; i < 3; i++) plan.step(problem.step, update);
      runs.push(await store.readTrained());
      dispose();
    }
    expect(runs[1]).toEqual(runs[0]);
  });
});

describe("a step that does not fit", () => {
  it("names the row space that is above its capacity", async () => {
    const problem = encoderProblem(small);
    const { plan, dispose } = await prepare(problem);
    const counts = { ...problem.counts, tokens: 14 };
    expect(() => plan.step({ ...problem.step, counts }, update)).toThrow(
      '14 rows of "tokens"; the plan was compiled for at most 13',
    );
    dispose();
  });

  it("names a missing or wrongly long input, a missing count and a missing group", async () => {
    const problem = encoderProblem(small);
    const { plan, dispose } = await prepare(problem);
    const { step } = problem;
    const { ids: _, ...indices } = step.indices;
    expect(() => plan.step({ ...step, indices }, update)).toThrow(
      '"ids" must be an Int32Array of length 13, got nothing',
    );
    expect(() => plan.step({ ...step, values: { weights: new Float32Array(2) } }, update)).toThrow('"weights"');
    expect(() => plan.step({ ...step, counts: { tokens: 13 } }, update)).toThrow('no row count for "sequences"');
    expect(() => plan.step(step, { ...update, groups: {} })).toThrow("optimizer group");
    dispose();
  });

  it("runs with fewer rows than the capacity, and with none", async () => {
    const problem = encoderProblem(small);
    const { plan, dispose } = await prepare(problem);
    const few = encoderProblem({ ...small, lengths: [2] });
    plan.step(few.step, update);
    const twin = new TwinTraining(few);
    twin.step(update, 1);
    const none = {
      counts: { tokens: 0, sequences: 0 },
      indices: emptied(problem),
      values: { weights: new Float32Array(0) },
    };
    plan.step(none, update);
    const [first, second] = await plan.statistics();
    expectClose(
      [first?.loss ?? Number.NaN, first?.gradientNorm ?? Number.NaN],
      [twin.losses[0] ?? 0, twin.norms[0] ?? 0],
      "few rows",
      { relative: 1e-5 },
    );
    expect(second).toEqual({ loss: 0, correct: 0, gradientNorm: 0, skipped: false });
    dispose();
  });
});

/** Step inputs of a batch without sequences. */
function emptied(problem: Problem): Record<string, Int32Array> {
  const names = Object.keys(problem.indices);
  return Object.fromEntries(names.map((name) => [name, new Int32Array(name.endsWith(".offsets") ? 1 : 0)]));
}
