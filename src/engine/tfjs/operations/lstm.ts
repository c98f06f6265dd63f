/** One direction of an LSTM layer, step by step; the gradient is left to autodiff, as an independent check of the derived one. */
import {
  add,
  clipByValue,
  concat,
  matMul,
  mul,
  sigmoid,
  slice,
  tanh,
  transpose,
  zeros,
  type Tensor,
} from "@tensorflow/tfjs-core";
import type { LstmNode } from "../../graph/operations/lstm.ts";
import type { ForwardPass } from "../forwardPass.ts";

/** Arguments of tanh beyond this are indistinguishable from it in f32. */
const TANH_LIMIT = 15;

/** [T, h]; what the derived backward pass keeps is not made here. */
export function lstm({ inputs, attributes }: LstmNode, pass: ForwardPass): Tensor[] {
  const { width } = inputs.weight;
  const steps = pass.rows(inputs.x.rows);
  const x = add(pass.tensor(inputs.x), pass.tensor(inputs.bias));
  const weight = transpose(pass.tensor(inputs.weight));
  const states: Tensor[] = [];
  let [state, cell]: [Tensor, Tensor] = [zeros([1, width]), zeros([1, width])];
  for (let step = 0; step < steps; step++) {
    const row = attributes.reverse ? steps - 1 - step : step;
    const sums = add(slice(x, [row, 0], [1, 4 * width]), matMul(state, weight));
    const gate = (index: number): Tensor => slice(sums, [0, index * width], [1, width]);
    cell = add(mul(sigmoid(gate(1)), cell), mul(sigmoid(gate(0)), boundedTanh(gate(2))));
    state = mul(sigmoid(gate(3)), boundedTanh(cell));
    states.push(state);
  }
  return [concat(attributes.reverse ? states.toReversed() : states, 0)];
}

function boundedTanh(x: Tensor): Tensor {
  return tanh(clipByValue(x, -TANH_LIMIT, TANH_LIMIT));
}
