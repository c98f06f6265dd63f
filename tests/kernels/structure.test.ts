/** What a step may ask of the device: one write, one pass, one submit and nothing created; and what is left at the end. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { UpdateSettings } from "../../src/engine/executor.ts";
import {
  createWebGpuExecutor,
  DeviceGoneError,
  WebGpuUnavailableError,
  type WebGpuExecutor,
} from "../../src/engine/webgpu/index.ts";
import { openDawn, openNullDawn } from "../setup/dawn.ts";
import { bertProblem } from "./bertEncoder.ts";
import { encoderProblem, type EncoderShape } from "./encoder.ts";
import type { Problem } from "./support.ts";

const small: EncoderShape = {
  layers: 2,
  width: 16,
  heads: 2,
  feedForward: 24,
  promptLength: 3,
  lengths: [5, 1, 7],
  classes: 3,
};
const group = { learningRateScale: 1, weightDecay: 0, active: true };
const update: UpdateSettings = {
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  clipNorm: 1,
  groups: { prompt: group, head: group },
};

const COUNTED = [
  "createBuffer",
  "createBindGroup",
  "createComputePipeline",
  "createComputePipelineAsync",
  "createShaderModule",
  "createCommandEncoder",
] as const;

/** Counts calls on a device from now on. */
function instrument(device: GPUDevice): Record<string, number> {
  const calls: Record<string, number> = { submit: 0, writeBuffer: 0, passes: 0 };
  const count = <Result>(
    target: object,
    name: string,
    key: string,
    original: (...args: never[]) => Result,
    then?: (result: Result) => void,
  ) => {
    calls[key] = 0;
    const counting = (...args: never[]): Result => {
      calls[key] = (calls[key] ?? 0) + 1;
      const result = original(...args);
      then?.(result);
      return result;
    };
    Object.defineProperty(target, name, { value: counting, configurable: true, writable: true });
  };
  for (const name of COUNTED.slice(0, -1)) {
    const original: (...args: never[]) => unknown = device[name].bind(device);
    count(device, name, name, original);
  }
  count(device, "createCommandEncoder", "encoders", device.createCommandEncoder.bind(device), (encoder) => {
    const before = calls["passes"] ?? 0;
    count(encoder, "beginComputePass", "passes", encoder.beginComputePass.bind(encoder));
    calls["passes"] = before;
  });
  count(device.queue, "submit", "submit", device.queue.submit.bind(device.queue));
  count(device.queue, "writeBuffer", "writeBuffer", device.queue.writeBuffer.bind(device.queue));
  return calls;
}

const disposables: { dispose(): void }[] = [];

async function prepare(executor: WebGpuExecutor, problem: Problem) {
  const store = executor.createParameters(problem.shapes, problem.parameters);
  const plan = await executor.compileTraining(problem.graph, store, problem.counts);
  disposables.push(plan, store);
  return { store, plan };
}

let executor: WebGpuExecutor;
beforeAll(async () => {
  executor = await createWebGpuExecutor(await openDawn());
});
afterEach(() => {
  for (const disposable of disposables.splice(0)) disposable.dispose();
});
afterAll(() => executor.dispose());

describe("a training step", () => {
  it("is one write, one encoder, one pass and one submit, and creates nothing", async () => {
    const problem = encoderProblem(small);
    const { plan } = await prepare(executor, problem);
    const calls = instrument(executor.device);
    for (let i = 0; i < 3; i++) plan.step(problem.step, update);
    await plan.pace(0);
    expect(calls).toEqual({
      submit: 3,
      writeBuffer: 3,
      passes: 3,
      encoders: 3,
      createBuffer: 0,
      createBindGroup: 0,
      createComputePipeline: 0,
      createComputePipelineAsync: 0,
      createShaderModule: 0,
    });
  });

  it("reads its statistics through one staging buffer that is used again", async () => {
    const problem = encoderProblem(small);
    const { plan } = await prepare(executor, problem);
    plan.step(problem.step, update);
    await plan.statistics();
    const calls = instrument(executor.device);
    plan.step(problem.step, update);
    await plan.statistics();
    expect(calls["createBuffer"]).toBe(0);
  });

  it("hands out the statistics of every step once", async () => {
    const problem = encoderProblem(small);
    const { plan } = await prepare(executor, problem);
    for (let i = 0; i < 7; i++) plan.step(problem.step, update);
    expect(await plan.statistics()).toHaveLength(7);
    expect(await plan.statistics()).toEqual([]);
  });
});

describe("a step of a BERT encoder with a prompt in every layer", () => {
  /** Prefix of 20, 16 sequences, a trained classifier, AdamW with clipping. */
  const shape = { width: 64, heads: 2, promptLength: 20, lengths: Array<number>(16).fill(8) };

  it.each([
    [4, 80],
    [12, 200],
  ])("with %d layers takes at most %d dispatches, in one pass and one submit", async (layers, most) => {
    const counting = await createWebGpuExecutor(await openNullDawn());
    const { plan } = await prepare(counting, bertProblem({ ...shape, layers }));
    const calls = instrument(counting.device);
    const { step } = bertProblem({ ...shape, layers });
    plan.step(step, update);
    await plan.pace(0);
    expect(plan.costs.dispatches).toBeLessThanOrEqual(most);
    expect(calls).toMatchObject({
      submit: 1,
      writeBuffer: 1,
      passes: 1,
      encoders: 1,
      createBuffer: 0,
      createBindGroup: 0,
    });
    for (const disposable of disposables.splice(0)) disposable.dispose();
    counting.dispose();
  });
});

describe("another prompt length or other prompted layers", () => {
  it("compile no new pipeline", async () => {
    await prepare(executor, encoderProblem(small));
    const calls = instrument(executor.device);
    await prepare(executor, encoderProblem({ ...small, promptLength: 9, lengths: [4, 4] }));
    await prepare(executor, encoderProblem({ ...small, layers: 3 }));
    expect(calls["createComputePipelineAsync"]).toBe(0);
    expect(calls["createShaderModule"]).toBe(0);
  });
});

describe("device memory", () => {
  it("is all given back when plans and parameters are disposed", async () => {
    const problem = encoderProblem(small);
    const { store, plan } = await prepare(executor, problem);
    const evaluation = await executor.compileEvaluation(problem.graph, store, problem.counts);
    plan.step(problem.step, update);
    await Promise.all([
      plan.statistics(),
      store.readState(),
      evaluation.run(problem.step),
      evaluation.run(problem.step),
    ]);
    expect(executor.allocatedBytes()).toBeGreaterThan(0);
    for (const disposable of [plan, evaluation, store]) disposable.dispose();
    plan.dispose();
    expect(executor.allocatedBytes()).toBe(0);
  });

  it("survives disposal while steps are in flight", async () => {
    const errors: string[] = [];
    executor.onEvent((event) => errors.push(event.message));
    const problem = encoderProblem(small);
    const { store, plan } = await prepare(executor, problem);
    for (let i = 0; i < 4; i++) plan.step(problem.step, update);
    const pending = plan.statistics();
    plan.dispose();
    store.dispose();
    expect(await pending).toHaveLength(4);
    expect(() => plan.step(problem.step, update)).toThrow(DeviceGoneError);
    expect(errors).toEqual([]);
    expect(executor.allocatedBytes()).toBe(0);
  });
});

describe("several evaluations at once", () => {
  it("each get their own results", async () => {
    const problem = encoderProblem(small);
    const { store } = await prepare(executor, problem);
    const plan = await executor.compileEvaluation(problem.graph, store, problem.counts);
    const other = { ...problem.step, indices: { ...problem.step.indices, ids: new Int32Array(13).fill(3) } };
    const together = await Promise.all([plan.run(problem.step), plan.run(other), plan.run(problem.step)]);
    expect(together[2]).toEqual(together[0]);
    expect(together[1]).not.toEqual(together[0]);
    expect(together[1]).toEqual(await plan.run(other));
  });
});

describe("a device that is gone", () => {
  it("is reported once and refuses further use in words", async () => {
    const doomed = await createWebGpuExecutor(await openDawn());
    const problem = encoderProblem(small);
    const { store, plan } = await prepare(doomed, problem);
    const events: string[] = [];
    doomed.onEvent((event) => events.push(event.kind));
    doomed.device.destroy();
    await doomed.device.lost;
    await Promise.resolve();
    expect(events).toEqual(["lost"]);
    expect(() => plan.step(problem.step, update)).toThrow(/device was lost/u);
    await expect(store.readState()).rejects.toThrow(DeviceGoneError);
  });

  it("says why there is none", async () => {
    await expect(createWebGpuExecutor(undefined)).rejects.toThrow(WebGpuUnavailableError);
    const gpu = await openDawn();
    const none = {
      requestAdapter: () => Promise.resolve(null),
      getPreferredCanvasFormat: () => "bgra8unorm" as const,
      wgslLanguageFeatures: gpu.wgslLanguageFeatures,
      __brand: "GPU" as const,
    };
    await expect(createWebGpuExecutor(none)).rejects.toMatchObject({
      cause: { kind: "no-adapter" },
    });
    await expect(createWebGpuExecutor(undefined)).rejects.toMatchObject({ cause: { kind: "no-gpu" } });
  });
});
