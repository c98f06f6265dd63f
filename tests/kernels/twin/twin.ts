/**
 * A slow, plain TypeScript twin of the WebGPU executor: runs any graph with f64 sums, written from the definitions and not
 * from the shaders. Kernel tests compare against it.
 */
import type { StepValues } from "../../../src/engine/executor.ts";
import type { GraphNode } from "../../../src/engine/graph/operations/index.ts";
import {
  countRows,
  type IndexInput,
  type Rows,
  type Tensor,
  type ValueInput,
} from "../../../src/engine/graph/tensor.ts";
import { computeNode } from "./operations.ts";

export class Twin {
  readonly #step: StepValues;
  readonly #tensors = new Map<Tensor, Float64Array>();
  readonly #parameters: ReadonlyMap<string, ArrayLike<number>>;

  constructor(step: StepValues, parameters: ReadonlyMap<string, ArrayLike<number>>) {
    this.#step = step;
    this.#parameters = parameters;
  }

  /** Computes the nodes in order. */
  run(nodes: readonly GraphNode[]): this {
    for (const node of nodes) {
      const results = computeNode(node, this);
      for (const [i, output] of node.outputs.entries()) this.#tensors.set(output, results[i] ?? new Float64Array(0));
    }
    return this;
  }

  count(rows: Rows): number {
    return countRows(rows, this.#step.counts);
  }

  rows(tensor: Tensor): number {
    return this.count(tensor.rows);
  }

  tensor(tensor: Tensor): Float64Array {
    const name = tensor.parameter?.name;
    const known = this.#tensors.get(tensor);
    if (known !== undefined) return known;
    const given = name === undefined ? undefined : this.#parameters.get(name);
    if (given === undefined) throw new Error(`The twin has no value of "${tensor.label}".`);
    const values = Float64Array.from(given);
    this.#tensors.set(tensor, values);
    return values;
  }

  index(input: IndexInput): Int32Array {
    const values = this.#step.indices[input.name];
    if (values === undefined) throw new Error(`The twin has no step input "${input.name}".`);
    return values;
  }

  values(input: ValueInput): Float32Array {
    const values = this.#step.values[input.name];
    if (values === undefined) throw new Error(`The twin has no step input "${input.name}".`);
    return values;
  }
}
