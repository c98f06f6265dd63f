/** The studio as its page runs it, on any of its executors, through the training loop's own session: all savings on. */
import { graphCosts } from "../../src/engine/graph/costs.ts";
import type { Executor, StepValues } from "../../src/engine/executor.ts";
import { updateSettings } from "../../src/training/seedRun.ts";
import { openSession } from "../../src/training/session.ts";
import { setUpRun } from "../../src/training/setup.ts";
import type { Problem, ProductRun } from "../problem.ts";
import type { BenchSession } from "./engine.ts";
import { lastLossOf, trainedPart } from "./studioGraph.ts";

export async function openProduct(executor: Executor, problem: Problem, run: ProductRun): Promise<BenchSession> {
  const started = performance.now();
  const { experiment, data } = run;
  const { batchSize } = experiment.training;
  const setup = setUpRun(experiment, problem.model, data.labels);
  const state = { values: problem.initial };
  const session = await openSession({ executor, setup, settings: experiment.training, data, state });
  const packed = problem.batches.map((_, batch) =>
    setup.pack(data.train.sequences.slice(batch * batchSize, (batch + 1) * batchSize), true),
  );
  const valuesOf = (step: number): StepValues => packed[step % packed.length] ?? fail();
  const loss = lastLossOf(session.training);
  return {
    openMilliseconds: performance.now() - started,
    flops: (step) => graphCosts(trainedPart(session.plan.trainingGraph), valuesOf(step).counts).flops,
    async warmUp() {
      for (const values of packed) await session.cache?.fill(values);
    },
    step(step) {
      loss.forget();
      return session.step(valuesOf(step), updateSettings(experiment, step + 1));
    },
    finish: () => session.training.pace(0),
    loss: () => loss.read(),
    dispose() {
      session.dispose();
      executor.dispose();
    },
  };
}

function fail(): never {
  throw new Error("A problem has at least one batch.");
}
