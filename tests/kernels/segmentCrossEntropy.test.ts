/** Cross entropy down the rows of sequences: against the twin, and its derived gradient against TensorFlow.js. */
import { afterAll, beforeAll, describe, it } from "vitest";
import type { Executor } from "../../src/engine/executor.ts";
import { gather } from "../../src/engine/graph/operations/gather.ts";
import { segmentCrossEntropy, segmentTargets } from "../../src/engine/graph/operations/segmentCrossEntropy.ts";
import type { Segments, Tensor } from "../../src/engine/graph/tensor.ts";
import { createTfjsExecutor } from "../../src/engine/tfjs/index.ts";
import type { WebGpuExecutor } from "../../src/engine/webgpu/index.ts";
import { updateSettings } from "../unit/engine/transformerGraph.ts";
import { expectClose, expectSameAsTwin, openExecutor, Problem } from "./support.ts";

const lengthSets = [[1], [3, 1, 130], [64, 65, 2, 7, 7]];

interface Case {
  readonly problem: Problem;
  readonly segments: Segments;
  readonly logits: Tensor;
}

/** Logits of two columns; every fourth target has no weight. */
function caseOf(lengths: readonly number[], classes = 2): Case {
  const problem = new Problem(lengths.length + classes);
  const sequences = problem.space("sequences", lengths.length);
  const segments = problem.segments("needed", lengths, sequences);
  return { problem, segments, logits: problem.rows("logits", segments.space, classes, 6) };
}

function losses({ problem, segments, logits }: Case, lengths: readonly number[]) {
  const rows = segmentTargets(segments, logits);
  const labels = problem.builder.index("labels", rows);
  const weights = problem.builder.values("weights", rows);
  const targets = lengths.flatMap((length) =>
    Array.from({ length: logits.width }, (_, column) => ({ length, column })),
  );
  problem.indices[labels.name] = Int32Array.from(targets, ({ length, column }, i) => (5 * i + column) % length);
  problem.values[weights.name] = Float32Array.from(targets, (_, i) => (i % 4 === 3 ? 0 : 1 / (i + 1)));
  return { ...segmentCrossEntropy(problem.builder, logits, segments, { labels, weights }), labels, weights };
}

let webgpu: WebGpuExecutor;
let cpu: Executor;
beforeAll(async () => {
  webgpu = await openExecutor();
  cpu = await createTfjsExecutor("cpu");
});
afterAll(() => {
  webgpu.dispose();
  cpu.dispose();
});

describe.each(lengthSets.map((lengths) => ({ lengths })))("sequences of $lengths rows", ({ lengths }) => {
  it.each([1, 2, 5])("agree with the twin in loss, hits and gradient of %i columns", async (classes) => {
    const made = caseOf(lengths, classes);
    const { builder } = made.problem;
    const { loss, correct, labels, weights } = losses(made, lengths);
    const logSumExp = loss.producer?.outputs[2];
    if (logSumExp === undefined) throw new Error("The log-sum-exp is the third output.");
    builder.output("loss", loss);
    builder.output("correct", correct);
    const { offsets, sequence } = made.segments;
    const indices = { offsets, sequence, labels, weights };
    const shape = { label: "d logits", rows: made.segments.space, width: classes };
    const inputs = { logits: made.logits, logSumExp };
    builder.output("d logits", builder.single("segmentCrossEntropyGradient", inputs, indices, {}, shape));
    await expectSameAsTwin(webgpu, made.problem);
  });
});

it("gives the gradients that TensorFlow.js derives on its own", async () => {
  const lengths = [3, 1, 17];
  const problem = new Problem(9);
  const sequences = problem.space("sequences", lengths.length);
  const segments = problem.segments("needed", lengths, sequences);
  const trained = problem.parameter("trained", 21, 2, { group: "prompt", scale: 3 });
  const index = problem.builder.index("trained.rows", segments.space);
  problem.indices[index.name] = Int32Array.from({ length: 21 }, (_, row) => 20 - row);
  const rows = gather(problem.builder, [{ table: trained, index }], "trained rows");
  const objective = losses({ problem, segments, logits: rows }, lengths);
  problem.builder.objective(objective);
  const [first, second] = await Promise.all([webgpu, cpu].map((executor) => oneStep(executor, problem)));
  expectClose(first?.gradient ?? [], second?.gradient ?? [0], "gradient");
  expectClose(first?.figures ?? [], second?.figures ?? [0], "loss and hits");
});

async function oneStep(executor: Executor, problem: Problem): Promise<{ gradient: Float32Array; figures: number[] }> {
  const store = executor.createParameters(problem.shapes, problem.parameters);
  const plan = await executor.compileTraining(problem.graph, store, problem.counts);
  plan.step(problem.step, updateSettings({ learningRate: 0 }));
  const gradient = (await plan.readGradients()).get("trained") ?? new Float32Array();
  const [statistics] = await plan.statistics();
  plan.dispose();
  store.dispose();
  return { gradient, figures: [statistics?.loss ?? NaN, statistics?.correct ?? NaN] };
}
