/**
 * The studio's own engine: a static plan of the whole step on WebGPU, and beside it the studio as it runs where there is no
 * WebGPU. Equal work computes all rows in every layer.
 */
import { openExecutor } from "../../src/cli/device.ts";
import type { Executor, UpdateSettings } from "../../src/engine/executor.ts";
import { graphCosts } from "../../src/engine/graph/costs.ts";
import { createWebGpuExecutor } from "../../src/engine/webgpu/index.ts";
import { adamw, prepareBatches, type Problem } from "../problem.ts";
import type { BenchEngine, BenchSession, EngineName } from "./engine.ts";
import {
  benchGroup,
  capacitiesOf,
  equalWorkGraph,
  lastLossOf,
  packBatch,
  parameterShapes,
  trainedPart,
} from "./studioGraph.ts";
import { openProduct } from "./studioProduct.ts";

const update: UpdateSettings = {
  learningRate: adamw.learningRate,
  beta1: adamw.beta1,
  beta2: adamw.beta2,
  epsilon: adamw.epsilon,
  clipNorm: 0,
  groups: { [benchGroup]: { learningRateScale: 1, weightDecay: adamw.weightDecay, active: true } },
};

export function studioEngine(gpu: GPU): BenchEngine {
  return engineOn("studio", () => createWebGpuExecutor(gpu));
}

/** The studio without WebGPU: the same graphs through TensorFlow.js on wasm, on the processor. */
export function fallbackEngine(): BenchEngine {
  return engineOn("studio-wasm", () => openExecutor("wasm"));
}

/** Every session has a device and pipelines of its own, so that compile time is measured each time. */
function engineOn(name: EngineName, open: () => Promise<Executor>): BenchEngine {
  return {
    name,
    async open(problem) {
      const executor = await open();
      const { product } = problem;
      return product === undefined ? openEqualWork(executor, problem) : openProduct(executor, problem, product);
    },
  };
}

async function openEqualWork(executor: Executor, problem: Problem): Promise<BenchSession> {
  const started = performance.now();
  const { model, initial } = problem;
  const graph = equalWorkGraph(problem);
  const store = executor.createParameters(parameterShapes(problem), new Map([...model.weights, ...initial]));
  const plan = await executor.compileTraining(graph, store, capacitiesOf(problem));
  const valuesOf = prepareBatches(problem, (batch) => packBatch(problem, batch));
  const loss = lastLossOf(plan);
  return {
    openMilliseconds: performance.now() - started,
    flops: (step) => graphCosts(trainedPart(graph), valuesOf(step).counts).flops,
    step(step) {
      loss.forget();
      plan.step(valuesOf(step), update);
      return Promise.resolve();
    },
    finish: () => plan.pace(0),
    loss: () => loss.read(),
    dispose() {
      plan.dispose();
      store.dispose();
      executor.dispose();
    },
  };
}
