/**
 * The network of P-Tuning in PEFT's form (`tuners/p_tuning/model.py`): an embedding [P, D], then either a bidirectional LSTM
 * and two linear layers with ReLU between, or three linear layers with ReLU between. Not the network of THUDM/P-tuning,
 * whose linear layers are as wide as the model.
 */
import { activation } from "../engine/graph/operations/activation.ts";
import { concatenate } from "../engine/graph/operations/concatenate.ts";
import { lstm } from "../engine/graph/operations/lstm.ts";
import { matmul } from "../engine/graph/operations/matmul.ts";
import type { Builder } from "../engine/graph/builder.ts";
import type { Tensor } from "../engine/graph/tensor.ts";
import type { ParameterShape } from "../engine/executor.ts";
import { normalValues, uniformValues, type RandomStream } from "../lib/random.ts";
import { hostConcatenate, hostLinear, hostLstm, hostMap, trainedTensor, type HostRows } from "./hostNetwork.ts";
import { groups, type TrainedValues } from "./method.ts";
import type { PTuningSettings } from "./pTuning.schema.ts";

const embeddingName = "prompt.embedding";

/** The linear layers behind the LSTM, or all of the perceptron, by their place in PEFT's `mlp_head`. */
function headPlaces({ reparameterisation }: PTuningSettings): readonly number[] {
  return reparameterisation === "lstm" ? [0, 2] : [0, 2, 4];
}

const headName = (place: number): string => `prompt.mlp.${place}`;
const directionName = (layer: number, reverse: boolean): string =>
  `prompt.lstm.${layer}.${reverse ? "backward" : "forward"}`;

/** The embedding first, then the network from the bottom. */
export function encoderShapes(settings: PTuningSettings, width: number): ParameterShape[] {
  const { promptLength, hiddenSize: hidden, lstmLayers, reparameterisation } = settings;
  const group = groups.prompt;
  const linear = (name: string, inputs: number, outputs: number): ParameterShape[] => [
    { name: `${name}.weight`, rows: outputs, width: inputs, group },
    { name: `${name}.bias`, rows: 1, width: outputs, group },
  ];
  const embedding = { name: embeddingName, rows: promptLength, width, group };
  if (reparameterisation === "mlp") {
    const layers = [linear(headName(0), width, hidden), linear(headName(2), hidden, hidden)];
    return [embedding, ...layers.flat(), ...linear(headName(4), hidden, width)];
  }
  const directions = Array.from({ length: lstmLayers }, (_, layer) =>
    [false, true].flatMap((reverse) => [
      ...linear(`${directionName(layer, reverse)}.input`, layer === 0 ? width : 2 * hidden, 4 * hidden),
      ...linear(`${directionName(layer, reverse)}.state`, hidden, 4 * hidden),
    ]),
  );
  const head = [...linear(headName(0), 2 * hidden, 2 * hidden), ...linear(headName(2), 2 * hidden, width)];
  return [embedding, ...directions.flat(), ...head];
}

/** As torch starts these modules: the embedding N(0, 1), an LSTM U(±1/√h), a linear layer U(±1/√inputs), biases like weights. */
export function initialEncoder(
  settings: PTuningSettings,
  shapes: readonly ParameterShape[],
  random: RandomStream,
): Map<string, Float32Array> {
  const inputsOf = new Map(shapes.map(({ name, width }) => [name, width]));
  const bound = (name: string): number => {
    if (name.startsWith("prompt.lstm.")) return 1 / Math.sqrt(settings.hiddenSize);
    return 1 / Math.sqrt(inputsOf.get(name.replace(/\.bias$/, ".weight")) ?? 1);
  };
  return new Map(
    shapes.map(({ name, rows, width }) => [
      name,
      name === embeddingName ? normalValues(random, rows * width, 1) : uniformValues(random, rows * width, bound(name)),
    ]),
  );
}

/** The virtual tokens [P, D] in the graph. */
export function encodedPrompt(builder: Builder, settings: PTuningSettings, shapes: readonly ParameterShape[]): Tensor {
  const parameters = new Map(shapes.map((shape) => [shape.name, builder.parameter(shape)]));
  const named = (name: string): Tensor => {
    const tensor = parameters.get(name);
    if (tensor === undefined) throw new Error(`The prompt encoder has no tensor "${name}".`);
    return tensor;
  };
  const linear = (x: Tensor, name: string): Tensor =>
    matmul(builder, x, named(`${name}.weight`), { transposeB: true, bias: named(`${name}.bias`), label: name });
  const direction = (x: Tensor, name: string, reverse: boolean): Tensor =>
    lstm(builder, linear(x, `${name}.input`), {
      weight: named(`${name}.state.weight`),
      bias: named(`${name}.state.bias`),
      reverse,
      label: name,
    });
  let x = named(embeddingName);
  for (let layer = 0; settings.reparameterisation === "lstm" && layer < settings.lstmLayers; layer++) {
    const [forward, backward] = [false, true].map((reverse) => direction(x, directionName(layer, reverse), reverse));
    if (forward && backward) x = concatenate(builder, forward, backward, `prompt.lstm.${layer}`);
  }
  for (const place of headPlaces(settings)) {
    x = linear(place === 0 ? x : activation(builder, x, "relu", `${headName(place)} input`), headName(place));
  }
  return x;
}

/** The same on the host, [P, D]. */
export function hostPrompt(settings: PTuningSettings, width: number, trained: TrainedValues): Float32Array {
  let x: HostRows = { values: Float64Array.from(trainedTensor(trained, embeddingName)), width };
  for (let layer = 0; settings.reparameterisation === "lstm" && layer < settings.lstmLayers; layer++) {
    const forward = hostLstm(x, trained, directionName(layer, false), false);
    x = hostConcatenate(forward, hostLstm(x, trained, directionName(layer, true), true));
  }
  for (const place of headPlaces(settings)) {
    x = hostLinear(place === 0 ? x : hostMap(x, (value) => Math.max(0, value)), trained, headName(place));
  }
  return Float32Array.from(x.values);
}
