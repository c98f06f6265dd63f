/**
 * Measures the exact savings: time and arithmetic of a usual training step with all of them, and with each switched off, on
 * the built-in sentiment texts and an encoder of a given depth and width with random weights. Speed does not depend on the
 * weights. Prints one line of JSON per case.
 */
import { parseArgs } from "node:util";
import { median } from "../../bench/measure.ts";
import { openExecutor } from "../../src/cli/device.ts";
import { readExampleSet, readModelFolder } from "../../src/cli/files.ts";
import { backendSchema, parseExperiment, type Experiment } from "../../src/config/experiment.ts";
import { savingsSchema } from "../../src/config/training.ts";
import type { Executor } from "../../src/engine/executor.ts";
import { nodesFlops } from "../../src/engine/graph/costs.ts";
import { normalValues, randomStream } from "../../src/lib/random.ts";
import { configureModel } from "../../src/models/index.ts";
import type { LoadedModel } from "../../src/models/loadModel.ts";
import { createBatches } from "../../src/training/batches.ts";
import { prepareData } from "../../src/training/prepareData.ts";
import { updateSettings } from "../../src/training/seedRun.ts";
import { openSession } from "../../src/training/session.ts";
import { initialValues, setUpRun } from "../../src/training/setup.ts";

const { values: options } = parseArgs({
  options: {
    backend: { type: "string", default: "webgpu" },
    layers: { type: "string", default: "4" },
    width: { type: "string", default: "128" },
    steps: { type: "string", default: "20" },
    batch: { type: "string", default: "16" },
    case: { type: "string" },
  },
});

const layers = Number(options.layers);
const top = Array.from({ length: Math.max(1, Math.round(layers / 4)) }, (_, i) => layers - i).toReversed();
const prefix = { kind: "prefix-tuning", promptLength: 20 };

/** Cases by name: the method and what is switched off. */
const cases: Readonly<Record<string, { method: object; off?: readonly string[] }>> = {
  "all-layers": { method: prefix },
  "top-quarter": { method: { ...prefix, layers: top } },
  "top-quarter, no cache": { method: { ...prefix, layers: top }, off: ["frontier"] },
  "top-quarter, no cache, to the bottom": { method: { ...prefix, layers: top }, off: ["frontier", "lowestLayer"] },
  "head-only": { method: { kind: "head-only" } },
  "head-only, no cache": { method: { kind: "head-only" }, off: ["frontier"] },
  "all-layers, weight gradients": { method: prefix, off: ["frozenWeights"] },
  "all-layers, all rows": { method: prefix, off: ["neededRows"] },
  "all-layers, padded": { method: prefix, off: ["packedRows"] },
};

const model = await encoder(layers, Number(options.width));
const executor = await openExecutor(backendSchema.parse(options.backend));
for (const [name, { method, off = [] }] of Object.entries(cases)) {
  if (options.case !== undefined && !name.startsWith(options.case)) continue;
  const savings = savingsSchema.parse(Object.fromEntries(off.map((saving) => [saving, false])));
  const training = { learningRate: 1e-3, weightDecay: 0, batchSize: Number(options.batch), steps: 1000, savings };
  const figures = await measure(executor, parseExperiment({ method, training }));
  process.stdout.write(`${JSON.stringify({ case: name, layers, ...figures })}\n`);
}
executor.dispose();

async function encoder(depth: number, width: number): Promise<LoadedModel> {
  const { tokenizer, family: builtIn } = await readModelFolder("encoder-l4-d128");
  const { vocabulary, positions } = builtIn.dimensions;
  const family = configureModel({
    model_type: "bert",
    hidden_size: width,
    num_hidden_layers: depth,
    num_attention_heads: Math.max(2, width / 64),
    intermediate_size: 4 * width,
    vocab_size: vocabulary,
    max_position_embeddings: positions,
  });
  const weights = family.weights.map(({ name, rows, width: columns }) => {
    const drawn = normalValues(randomStream(1, name), rows * columns, 0.1);
    return [name, name.endsWith("LayerNorm.weight") ? drawn.map((value) => 1 + value) : drawn] as const;
  });
  return { id: "random", family, tokenizer, weights: new Map(weights), hash: "", bytes: 0, unexpected: [] };
}

/** Median seconds of a steady step, with the cache filled, and its arithmetic. */
async function measure(device: Executor, experiment: Experiment) {
  const examples = await readExampleSet(experiment, undefined);
  const data = prepareData(examples, experiment, model, 1);
  const setup = setUpRun(experiment, model, data.labels);
  const state = { values: initialValues(model, setup, 1) };
  const session = await openSession({ executor: device, setup, settings: experiment.training, data, state });
  const { sequences } = data.train;
  const batch = createBatches(sequences.length, experiment.training.batchSize, 1);
  const inputs = (step: number) =>
    setup.pack(
      batch(step).flatMap((index) => sequences[index] ?? []),
      true,
    );
  const seconds: number[] = [];
  const count = Number(options.steps);
  // The same batches once before, so that the cache knows them and everything is warm.
  for (const measured of [false, true]) {
    for (let step = 1; step <= count; step++) {
      const start = performance.now();
      await session.step(inputs(step), updateSettings(experiment, step));
      await session.training.pace(0);
      if (measured) seconds.push((performance.now() - start) / 1000);
    }
  }
  const { plan } = session;
  const figures = {
    milliseconds: Number((1000 * median(seconds)).toFixed(3)),
    flops: nodesFlops(plan.trainingGraph.nodes, plan.meanStep),
    allocatedBytes: device.allocatedBytes(),
    cacheBytes: session.cache?.report.bytes ?? 0,
    backend: device.info.backend,
    adapter: device.info.adapter,
  };
  session.dispose();
  return figures;
}
