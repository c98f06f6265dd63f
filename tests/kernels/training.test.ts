/** Training end to end on the software GPU: gradients, updates, repeatability. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWebGpuExecutor, type WebGpuExecutor } from "../../src/engine/webgpu/index.ts";
import { encoderProblem } from "./encoder.ts";
import { expectClose, openExecutor } from "./support.ts";
import { Twin } from "./twin/twin.ts";

const update = {
  learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: 1,
  groups: { prompt: { learningRateScale: 1, weightDecay: 0.01, active: true }, head: { learningRateScale: 1, weightDecay: 0, active: true } },
};
let executor: WebGpuExecutor;
beforeAll(async () => { executor = await openExecutor(); });
afterAll(() => executor.dispose());

describe("a training step", () => {
  it("has the gradients of the twin", async () => {
    const problem = encoderProblem({ layers: 2, width: 16, heads: 2, feedForward: 24, promptLength: 3, lengths: [5, 1, 7], classes: 3 });
    const graph = problem.builder.finish();
    const store = executor.createParameters(problem.shapes, problem.parameters);
    const plan = await executor.compileTraining(graph, store, problem.counts);
    plan.step(problem.step, update);
    console.log(await plan.statistics(), plan.costs);
    const gradients = await plan.readGradients();
    const twin = new Twin(problem.step, problem.parameters).run(graph.nodes);
    for (const [name, tensor] of graph.gradients) expectClose(gradients.get(name)!, twin.tensor(tensor), name);
    plan.dispose(); store.dispose();
    expect(executor.allocatedBytes()).toBe(0);
  });
  it("speed", async () => {
    const problem = encoderProblem({ layers: 4, width: 128, heads: 4, feedForward: 512, promptLength: 16, lengths: Array(16).fill(26), classes: 2 });
    const graph = problem.builder.finish();
    const ex = await openExecutor({ poison: false });
    const store = ex.createParameters(problem.shapes, problem.parameters);
    const t00 = performance.now();
    const plan = await ex.compileTraining(graph, store, problem.counts);
    console.log("compile ms", performance.now() - t00, plan.costs);
    plan.step(problem.step, update); await plan.pace(0);
    for (let i = 0; i < 4; i++) {
      const t0 = performance.now(); plan.step(problem.step, update); const t1 = performance.now(); await plan.pace(0);
      console.log("encode", t1 - t0, "total", performance.now() - t0);
    }
    console.log(await plan.statistics());
    ex.dispose();
  });
});
void createWebGpuExecutor;
