/**
 * The network of P-Tuning: an embedding [P, D], perhaps a bidirectional LSTM over its rows, then linear layers with ReLU
 * between. Its sizes, in which PEFT and THUDM/P-tuning differ, are those of `encoderSizes`.
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
import { encoderSizes, type PTuningSettings } from "./pTuning.schema.ts";

const embeddingName = "prompt.embedding";

/** The linear layers by their place in a torch Sequential whose every second module is a ReLU. */
function headPlaces(widths: readonly number[]): readonly number[] {
  return widths.slice(1).map((_, index) => 2 * index);
}

const headName = (place: number): string => `prompt.mlp.${place}`;
const directionName = (layer: number, reverse: boolean): string =>
  `prompt.lstm.${layer}.${reverse ? "backward" : "forward"}`;

/** The embedding first, then the network from the bottom. */
export function encoderShapes(settings: PTuningSettings, width: number): ParameterShape[] {
  const { lstm: recurrent, widths } = encoderSizes(settings, width);
  const group = groups.prompt;
  const linear = (name: string, inputs: number, outputs: number): ParameterShape[] => [
    { name: `${name}.weight`, rows: outputs, width: inputs, group },
    { name: `${name}.bias`, rows: 1, width: outputs, group },
  ];
  const embedding = { name: embeddingName, rows: settings.promptLength, width, group };
  const { hidden, layers } = recurrent ?? { hidden: 0, layers: 0 };
  const directions = Array.from({ length: layers }, (_, layer) =>
    [false, true].flatMap((reverse) => [
      ...linear(`${directionName(layer, reverse)}.input`, layer === 0 ? width : 2 * hidden, 4 * hidden),
      ...linear(`${directionName(layer, reverse)}.state`, hidden, 4 * hidden),
    ]),
  );
  const head = headPlaces(widths).map((place, index) =>
    linear(headName(place), widths[index] ?? 0, widths[index + 1] ?? 0),
  );
  return [embedding, ...directions.flat(), ...head.flat()];
}

/** As torch starts these modules: the embedding N(0, 1), an LSTM U(±1/√h), a linear layer U(±1/√inputs), biases like weights. */
export function initialEncoder(
  settings: PTuningSettings,
  shapes: readonly ParameterShape[],
  random: RandomStream,
): Map<string, Float32Array> {
  const inputsOf = new Map(shapes.map(({ name, width }) => [name, width]));
  const { lstm: recurrent } = encoderSizes(settings, inputsOf.get(embeddingName) ?? 1);
  const bound = (name: string): number => {
    if (name.startsWith("prompt.lstm.")) return 1 / Math.sqrt(recurrent?.hidden ?? 1);
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
  const { lstm: recurrent, widths } = encoderSizes(settings, x.width);
  for (let layer = 0; layer < (recurrent?.layers ?? 0); layer++) {
    const [forward, backward] = [false, true].map((reverse) => direction(x, directionName(layer, reverse), reverse));
    if (forward && backward) x = concatenate(builder, forward, backward, `prompt.lstm.${layer}`);
  }
  for (const place of headPlaces(widths)) {
    x = linear(place === 0 ? x : activation(builder, x, "relu", `${headName(place)} input`), headName(place));
  }
  return x;
}

/** The same on the host, [P, D]. */
export function hostPrompt(settings: PTuningSettings, width: number, trained: TrainedValues): Float32Array {
  let x: HostRows = { values: Float64Array.from(trainedTensor(trained, embeddingName)), width };
  const { lstm: recurrent, widths } = encoderSizes(settings, width);
  for (let layer = 0; layer < (recurrent?.layers ?? 0); layer++) {
    const forward = hostLstm(x, trained, directionName(layer, false), false);
    x = hostConcatenate(forward, hostLstm(x, trained, directionName(layer, true), true));
  }
  for (const place of headPlaces(widths)) {
    x = hostLinear(place === 0 ? x : hostMap(x, (value) => Math.max(0, value)), trained, headName(place));
  }
  return Float32Array.from(x.values);
}
