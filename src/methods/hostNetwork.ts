/** Small networks evaluated on the host in 64-bit arithmetic, for export and inspection; training runs them in the graph. */
import type { TrainedValues } from "./method.ts";

/** A row-major matrix. */
export interface HostRows {
  readonly values: Float64Array;
  readonly width: number;
}

/** The values of a trained tensor. Throws when it is missing. */
export function trainedTensor(trained: TrainedValues, name: string): Float32Array {
  const values = trained.get(name);
  if (values === undefined) throw new Error(`The trained tensor "${name}" is missing.`);
  return values;
}

/** x·Wᵀ + b with `<name>.weight` [outputs, inputs] and `<name>.bias`. */
export function hostLinear({ values: x, width: inputs }: HostRows, trained: TrainedValues, name: string): HostRows {
  const [weight, bias] = [trainedTensor(trained, `${name}.weight`), trainedTensor(trained, `${name}.bias`)];
  const outputs = bias.length;
  const rows = x.length / inputs;
  const values = new Float64Array(rows * outputs);
  for (let row = 0; row < rows; row++) {
    for (let output = 0; output < outputs; output++) {
      let sum = bias[output] ?? 0;
      for (let input = 0; input < inputs; input++)
        sum += (x[row * inputs + input] ?? 0) * (weight[output * inputs + input] ?? 0);
      values[row * outputs + output] = sum;
    }
  }
  return { values, width: outputs };
}

/** f of every element. */
export function hostMap({ values, width }: HostRows, f: (value: number) => number): HostRows {
  return { values: values.map((value) => f(value)), width };
}

/**
 * One direction of an LSTM layer as the graph's `lstm` runs it: `<name>.input` and `<name>.state`, gates in PyTorch's order
 * input, forget, cell, output.
 */
export function hostLstm(x: HostRows, trained: TrainedValues, name: string, reverse: boolean): HostRows {
  const sums = hostLinear(x, trained, `${name}.input`);
  const hidden = sums.width / 4;
  const steps = sums.values.length / sums.width;
  const states = new Float64Array(steps * hidden);
  let state: HostRows = { values: new Float64Array(hidden), width: hidden };
  let cell = new Float64Array(hidden);
  for (let step = 0; step < steps; step++) {
    const row = reverse ? steps - 1 - step : step;
    const own = sums.values.subarray(row * sums.width, (row + 1) * sums.width);
    const gates = hostLinear(state, trained, `${name}.state`).values.map((value, r) => value + (own[r] ?? 0));
    const gate = (index: number, unit: number): number => sigmoid(gates[index * hidden + unit] ?? 0);
    const candidate = (unit: number): number => Math.tanh(gates[2 * hidden + unit] ?? 0);
    cell = cell.map((value, unit) => gate(1, unit) * value + gate(0, unit) * candidate(unit));
    state = { values: cell.map((value, unit) => gate(3, unit) * Math.tanh(value)), width: hidden };
    states.set(state.values, row * hidden);
  }
  return { values: states, width: hidden };
}

/** [a | b], row by row. */
export function hostConcatenate(a: HostRows, b: HostRows): HostRows {
  const width = a.width + b.width;
  const rows = a.values.length / a.width;
  const values = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++) {
    values.set(a.values.subarray(row * a.width, (row + 1) * a.width), row * width);
    values.set(b.values.subarray(row * b.width, (row + 1) * b.width), row * width + a.width);
  }
  return { values, width };
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
