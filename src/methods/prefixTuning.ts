/**
 * Deep prompts: P trained key and value rows in front of the attention of each chosen layer (Li & Liang 2021, eq. 3;
 * P-Tuning v2: THUDM/P-tuning-v2 model/prefix_encoder.py). Row p holds [K₀|V₀|K₁|V₁|…] over the prompted layers, which is
 * PEFT's layout when all are prompted. Tokens take positions P, P+1, … in every layer.
 */
import { activation } from "../engine/graph/operations/activation.ts";
import { matmul } from "../engine/graph/operations/matmul.ts";
import type { Builder } from "../engine/graph/builder.ts";
import type { Tensor } from "../engine/graph/tensor.ts";
import type { ParameterShape } from "../engine/executor.ts";
import { normalValues } from "../lib/random.ts";
import type { ModelDimensions } from "../models/dimensions.schema.ts";
import { hostLinear, hostMap, trainedTensor } from "./hostNetwork.ts";
import {
  groups,
  type BoundMethod,
  type InitialisationContext,
  type KeysAndValues,
  type TrainedValues,
} from "./method.ts";
import { droppedPrompt, droppedSet } from "./promptDropout.ts";
import { chosenLayers, type PrefixTuningSettings } from "./prefixTuning.schema.ts";

/** Tensor names: `prefix` itself, or the embedding and the two linear layers that produce it. */
const names = {
  prefix: "prefix",
  embedding: "prefix.embedding",
  first: "prefix.mlp.0",
  second: "prefix.mlp.2",
} as const;

export function bindPrefixTuning(settings: PrefixTuningSettings, dimensions: ModelDimensions): BoundMethod {
  const layers = chosenLayers(settings, dimensions.layers).map((layer) => layer - 1);
  if (layers.length === 0) {
    throw new Error(`None of the chosen layers exists: the model has layers 1 to ${dimensions.layers}.`);
  }
  if (settings.reparameterisation === "mlp" && settings.initialisation !== "normal") {
    throw new Error(
      "A network that produces the prefix can only start from normal random numbers, not from a text or zeros.",
    );
  }
  const { promptLength: length, dropout: share } = settings;
  const { width } = dimensions;
  const columns = layers.length * 2 * width;
  const tensors =
    settings.reparameterisation === "mlp" ? networkShapes(settings, width, columns) : plainShapes(length, columns);
  return {
    tensors,
    trainsWeight: () => false,
    layout: { promptRows: 0, promptStart: 0, positionOffset: length, pooledRow: 0 },
    promptedLayers: layers,
    ...(share > 0 ? { droppedSlots: length } : {}),
    hooks(builder, isTraining = false) {
      const whole = prefixTensor(builder, settings, tensors);
      const isDropped = isTraining && share > 0;
      const tensor = isDropped ? droppedPrompt(builder, whole, { length, share }) : whole;
      const set = isDropped ? { set: droppedSet(builder) } : {};
      return {
        layerPrompt(layer) {
          const place = layers.indexOf(layer);
          if (place < 0) return undefined;
          const keyColumn = place * 2 * width;
          return { tensor, length, keyColumn, valueColumn: keyColumn + width, ...set };
        },
      };
    },
    ...(settings.initialisation === "text" ? { needsActivations: settings.initialText } : {}),
    initialise: (context) => initialPrefix(settings, tensors, layers, context),
    virtualTokens: (trained) =>
      settings.reparameterisation === "mlp" ? hostPrefix(trained, width) : trainedTensor(trained, names.prefix),
  };
}

function plainShapes(length: number, columns: number): ParameterShape[] {
  return [{ name: names.prefix, rows: length, width: columns, group: groups.prompt }];
}

function networkShapes(settings: PrefixTuningSettings, width: number, columns: number): ParameterShape[] {
  const { promptLength, hiddenSize } = settings;
  const group = groups.prompt;
  return [
    { name: names.embedding, rows: promptLength, width, group },
    { name: `${names.first}.weight`, rows: hiddenSize, width, group },
    { name: `${names.first}.bias`, rows: 1, width: hiddenSize, group },
    { name: `${names.second}.weight`, rows: columns, width: hiddenSize, group },
    { name: `${names.second}.bias`, rows: 1, width: columns, group },
  ];
}

/** The prefix [P, n·2·D]: a parameter, or Linear(tanh(Linear(embedding))). */
function prefixTensor(builder: Builder, settings: PrefixTuningSettings, shapes: readonly ParameterShape[]): Tensor {
  const parameters = new Map(shapes.map((shape) => [shape.name, builder.parameter(shape)]));
  const named = (name: string): Tensor => {
    const tensor = parameters.get(name);
    if (tensor === undefined) throw new Error(`Prefix tuning has no tensor "${name}".`);
    return tensor;
  };
  if (settings.reparameterisation === "none") return named(names.prefix);
  const linear = (x: Tensor, name: string): Tensor =>
    matmul(builder, x, named(`${name}.weight`), { transposeB: true, bias: named(`${name}.bias`), label: name });
  return linear(activation(builder, linear(named(names.embedding), names.first), "tanh"), names.second);
}

/** The network's output in 64-bit arithmetic, for export and inspection. */
function hostPrefix(trained: TrainedValues, width: number): Float32Array {
  const embedding = { values: Float64Array.from(trainedTensor(trained, names.embedding)), width };
  const inner = hostMap(hostLinear(embedding, trained, names.first), Math.tanh);
  return Float32Array.from(hostLinear(inner, trained, names.second).values);
}

/** Biases start at zero, everything else at N(0, scale²), as transformers initialises P-Tuning v2's encoder; or all zero. */
function initialPrefix(
  settings: PrefixTuningSettings,
  tensors: readonly ParameterShape[],
  layers: readonly number[],
  { random, activations }: InitialisationContext,
): Map<string, Float32Array> {
  const { initialisation, initialScale } = settings;
  if (initialisation === "text") {
    if (activations === undefined) throw new Error("The prefix starts from a text that was not run through the model.");
    return new Map([[names.prefix, prefixOf(activations, layers, settings.promptLength)]]);
  }
  return new Map(
    tensors.map(({ name, rows, width }) => {
      const scale = name.endsWith(".bias") || initialisation === "zero" ? 0 : initialScale;
      return [name, normalValues(random, rows * width, scale)];
    }),
  );
}

/** Row p = [K₀|V₀|K₁|V₁|…] of the text's token p; a short text is repeated (as PEFT's `initialize_kv_prefix_from_text` takes them). */
function prefixOf({ rows, layers: text }: KeysAndValues, layers: readonly number[], length: number): Float32Array {
  const width = (text[0]?.keys.length ?? 0) / rows;
  const prefix = new Float32Array(length * layers.length * 2 * width);
  for (let slot = 0; slot < length; slot++) {
    const [from, to] = [(slot % rows) * width, ((slot % rows) + 1) * width];
    for (const [place, layer] of layers.entries()) {
      const column = (slot * layers.length + place) * 2 * width;
      const own = text[layer];
      if (own === undefined) throw new Error(`The text has no keys and values of layer ${layer + 1}.`);
      prefix.set(own.keys.subarray(from, to), column);
      prefix.set(own.values.subarray(from, to), column + width);
    }
  }
  return prefix;
}
