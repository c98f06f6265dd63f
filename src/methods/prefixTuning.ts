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
import { groups, type BoundMethod, type TrainedValues } from "./method.ts";
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
  const { promptLength: length } = settings;
  const { width } = dimensions;
  const columns = layers.length * 2 * width;
  const tensors =
    settings.reparameterisation === "mlp" ? networkShapes(settings, width, columns) : plainShapes(length, columns);
  return {
    tensors,
    trainsModel: false,
    layout: { promptRows: 0, positionOffset: length, pooledRow: 0 },
    promptedLayers: layers,
    hooks(builder) {
      const tensor = prefixTensor(builder, settings, tensors);
      return {
        layerPrompt(layer) {
          const place = layers.indexOf(layer);
          if (place < 0) return undefined;
          const keyColumn = place * 2 * width;
          return { tensor, length, keyColumn, valueColumn: keyColumn + width };
        },
      };
    },
    initialise: ({ random }) =>
      new Map(
        tensors.map(({ name, rows, width: columnCount }) => {
          // Biases start at zero, everything else at N(0, scale²), as transformers initialises P-Tuning v2's encoder.
          const scale = name.endsWith(".bias") ? 0 : settings.initialScale;
          return [name, normalValues(random, rows * columnCount, scale)];
        }),
      ),
    virtualTokens: (trained) =>
      settings.reparameterisation === "mlp"
        ? evaluateNetwork(trained, { length, width, hidden: settings.hiddenSize, columns })
        : valuesOf(trained, names.prefix),
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

function valuesOf(trained: TrainedValues, name: string): Float32Array {
  const values = trained.get(name);
  if (values === undefined) throw new Error(`The trained tensor "${name}" is missing.`);
  return values;
}

interface NetworkSizes {
  readonly length: number;
  readonly width: number;
  readonly hidden: number;
  readonly columns: number;
}

/** The network's output in 64-bit arithmetic, for export and inspection. */
function evaluateNetwork(trained: TrainedValues, { length, width, hidden, columns }: NetworkSizes): Float32Array {
  const inner = affine(valuesOf(trained, names.embedding), trained, names.first, {
    rows: length,
    inputs: width,
    outputs: hidden,
  });
  const active = Float64Array.from(inner, Math.tanh);
  return Float32Array.from(affine(active, trained, names.second, { rows: length, inputs: hidden, outputs: columns }));
}

function affine(
  x: Float32Array | Float64Array,
  trained: TrainedValues,
  name: string,
  { rows, inputs, outputs }: { rows: number; inputs: number; outputs: number },
): Float64Array {
  const [weight, bias] = [valuesOf(trained, `${name}.weight`), valuesOf(trained, `${name}.bias`)];
  const result = new Float64Array(rows * outputs);
  for (let row = 0; row < rows; row++) {
    for (let output = 0; output < outputs; output++) {
      let sum = bias[output] ?? 0;
      for (let input = 0; input < inputs; input++)
        sum += (x[row * inputs + input] ?? 0) * (weight[output * inputs + input] ?? 0);
      result[row * outputs + output] = sum;
    }
  }
  return result;
}
