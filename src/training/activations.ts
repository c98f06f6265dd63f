/** What the frozen model's attention makes of a text: keys and values of every layer, from which a deep prompt can start. */
import type { Executor } from "../engine/executor.ts";
import { Builder } from "../engine/graph/builder.ts";
import type { KeysAndValues } from "../methods/method.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { packSequences, spaces } from "../models/packing.ts";
import { initialValues, type RunSetup } from "./setup.ts";

/** Start values of a run, with a look at the frozen model where the method asks for one. */
export async function startValues(
  model: LoadedModel,
  setup: RunSetup,
  seed: number,
  executor: () => Promise<Executor>,
): Promise<Map<string, Float32Array>> {
  const text = setup.method.needsActivations;
  if (text === undefined) return initialValues(model, setup, seed);
  return initialValues(model, setup, seed, await readActivations(await executor(), model, text));
}

/** Runs the text once, special tokens included, without a prompt. Throws when it is empty. */
export async function readActivations(executor: Executor, model: LoadedModel, text: string): Promise<KeysAndValues> {
  const { dimensions } = model.family;
  if (text.trim() === "") {
    throw new Error(
      "The prompt should start from a text, but the text is empty. Type one, or start from random numbers.",
    );
  }
  const encoding = model.tokenizer.encode(text, undefined, dimensions.positions);
  const layout = { promptRows: 0, promptStart: 0, positionOffset: 0, pooledRow: 0 };
  const inputs = packSequences([{ encoding, needed: "pooled" }], layout);
  const graph = activationGraph(model);
  const used = new Set(graph.parameters.map(({ label }) => label));
  const shapes = model.family.weights.filter(({ name }) => used.has(name));
  const store = executor.createParameters(shapes, model.weights);
  try {
    const plan = await executor.compileEvaluation(graph, store, inputs.counts);
    const outputs = await plan.run(inputs).finally(() => plan.dispose());
    const read = (name: string): Float32Array => outputs.get(name) ?? new Float32Array();
    const layers = Array.from({ length: dimensions.layers }, (_, layer) => ({
      keys: read(outputName("key", layer)),
      values: read(outputName("value", layer)),
    }));
    return { rows: encoding.ids.length, layers };
  } finally {
    store.dispose();
  }
}

function activationGraph({ family }: LoadedModel) {
  const builder = new Builder();
  const sequences = builder.rowSpace(spaces.sequences);
  const rows = {
    tokens: builder.segments(builder.rowSpace(spaces.tokens), sequences),
    needed: builder.segments(builder.rowSpace(spaces.needed), sequences),
  };
  family.forward(builder, {
    rows,
    hooks: {
      wrapLinear({ role, layer }, _x, y) {
        if (role === "key" || role === "value") builder.output(outputName(role, layer), y);
        return y;
      },
    },
  });
  return builder.finish();
}

function outputName(role: "key" | "value", layer: number): string {
  return `${role} ${layer}`;
}
