/** An LSTM direction in plain TypeScript with f64 sums. Its gradient is by central differences, so no formula is shared with the shader. */
import type { NodeOf } from "../../../src/engine/graph/operations/index.ts";
import type { Twin } from "./twin.ts";

interface Sequence {
  /** [T, 4h] */
  readonly x: Float64Array;
  /** [4h, h] */
  readonly weight: Float64Array;
  readonly bias: Float64Array;
  readonly steps: number;
  readonly hidden: number;
  readonly reverse: boolean;
}

/** States, gates, cells and the states before, as the node's outputs. */
export function lstmForward({ inputs, attributes }: NodeOf<"lstm">, twin: Twin): Float64Array[] {
  return run({
    x: twin.tensor(inputs.x),
    weight: twin.tensor(inputs.weight),
    bias: twin.tensor(inputs.bias),
    steps: twin.rows(inputs.x),
    hidden: inputs.weight.width,
    reverse: attributes.reverse,
  });
}

/** Central differences of Σ dY·h(x) in x, where x is read back from the gates that the forward pass kept. */
export function lstmGradient({ inputs, attributes }: NodeOf<"lstmGradient">, twin: Twin): Float64Array {
  const { dy, gates, weight } = inputs;
  const [steps, hidden] = [twin.rows(dy), weight.width];
  const kept = twin.tensor(gates);
  const bias = new Float64Array(4 * hidden);
  const x = new Float64Array(kept.length);
  const sequence: Sequence = { x, weight: twin.tensor(weight), bias, steps, hidden, reverse: attributes.reverse };
  restoreInputs(sequence, kept, twin.tensor(inputs.cells));
  const objective = (): number =>
    (run(sequence)[0] ?? new Float64Array()).reduce((sum, state, i) => sum + state * (twin.tensor(dy)[i] ?? 0), 0);
  const step = 1e-5;
  return x.map((value, i) => {
    x[i] = value + step;
    const above = objective();
    x[i] = value - step;
    const below = objective();
    x[i] = value;
    return (above - below) / (2 * step);
  });
}

/** Solves the gates for x: the inverse of σ and tanh, less the recurrent product of the states. */
function restoreInputs(
  { x, weight, steps, hidden, reverse }: Sequence,
  gates: Float64Array,
  cells: Float64Array,
): void {
  for (let step = 0; step < steps; step++) {
    const row = reverse ? steps - 1 - step : step;
    const before = reverse ? row + 1 : row - 1;
    const state = (k: number): number => {
      const output = gates[before * 4 * hidden + 3 * hidden + k] ?? 0;
      return step === 0 ? 0 : output * Math.tanh(cells[before * hidden + k] ?? 0);
    };
    for (let r = 0; r < 4 * hidden; r++) {
      const gate = gates[row * 4 * hidden + r] ?? 0;
      let sum = Math.floor(r / hidden) === 2 ? Math.atanh(gate) : Math.log(gate / (1 - gate));
      for (let k = 0; k < hidden; k++) sum -= (weight[r * hidden + k] ?? 0) * state(k);
      x[row * 4 * hidden + r] = sum;
    }
  }
}

function run({ x, weight, bias, steps, hidden, reverse }: Sequence): Float64Array[] {
  const states = new Float64Array(steps * hidden);
  const gates = new Float64Array(steps * 4 * hidden);
  const cells = new Float64Array(steps * hidden);
  const previous = new Float64Array(steps * hidden);
  let state = new Float64Array(hidden);
  let cell = new Float64Array(hidden);
  for (let step = 0; step < steps; step++) {
    const row = reverse ? steps - 1 - step : step;
    previous.set(state, row * hidden);
    const active = Float64Array.from({ length: 4 * hidden }, (_, r) => {
      let sum = (x[row * 4 * hidden + r] ?? 0) + (bias[r] ?? 0);
      for (let k = 0; k < hidden; k++) sum += (weight[r * hidden + k] ?? 0) * (state[k] ?? 0);
      return Math.floor(r / hidden) === 2 ? Math.tanh(sum) : 1 / (1 + Math.exp(-sum));
    });
    const gate = (index: number, unit: number): number => active[index * hidden + unit] ?? 0;
    cell = cell.map((value, unit) => gate(1, unit) * value + gate(0, unit) * gate(2, unit));
    state = cell.map((value, unit) => gate(3, unit) * Math.tanh(value));
    gates.set(active, row * 4 * hidden);
    cells.set(cell, row * hidden);
    states.set(state, row * hidden);
  }
  return [states, gates, cells, previous];
}
