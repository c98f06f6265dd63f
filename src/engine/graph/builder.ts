/**
 * Builds a graph: families, methods and heads are plain functions that call it. It checks shapes, keeps the nodes in the
 * order they were made (which is a topological order) and, on `finish`, derives the backward pass of the objective.
 */
import { differentiate, type BackwardSavings, type Derivatives } from "./differentiate.ts";
import { pruneNodes, type Graph, type Objective } from "./graph.ts";
import type { GraphNode, NodeOf, OperationName } from "./operations/index.ts";
import {
  describeShape,
  type IndexInput,
  type Parameter,
  type Rows,
  type RowSpace,
  type Segments,
  type StepInput,
  type Tensor,
  type ValueInput,
} from "./tensor.ts";

/** What `Builder.node` must know of each output. */
export interface OutputShape {
  readonly label: string;
  readonly rows: Rows;
  readonly width: number;
}

export class Builder {
  readonly #nodes: GraphNode[] = [];
  readonly #parameters = new Map<string, Tensor>();
  readonly #inputs = new Map<string, StepInput>();
  readonly #spaces = new Map<string, RowSpace>();
  readonly #outputs = new Map<string, Tensor>();
  #objective: Objective | undefined;
  #nextId = 0;

  /** The row space of this name, made on first use. */
  rowSpace(name: string): RowSpace {
    return remember(this.#spaces, name, () => ({ kind: "row-space", name }));
  }

  /** A weight matrix by name. Asking twice gives the same tensor, so tied weights sum their gradients. */
  parameter(parameter: Parameter): Tensor {
    const { name, rows, width } = parameter;
    const tensor = remember(this.#parameters, name, () => ({
      kind: "tensor" as const,
      id: this.#nextId++,
      label: name,
      rows,
      width,
      parameter,
    }));
    if (tensor.rows !== rows || tensor.width !== width) {
      throw new Error(`Parameter "${name}" was declared as ${describeShape(tensor)} and [${rows}, ${width}].`);
    }
    return tensor;
  }

  /** An i32 step input with one entry per row, or offsets with one more. */
  index(name: string, rows: Rows, extra: 0 | 1 = 0): IndexInput {
    const input = remember(this.#inputs, name, () => ({ kind: "index" as const, name, rows, extra }));
    if (input.kind !== "index") throw new Error(`The step input "${name}" holds values, not indices.`);
    return input;
  }

  /** The entries of `index` that lie in `rows` rows from `first` on, counted from there; −1 for the others. */
  window({ name, rows: entries }: IndexInput, first: number, rows: number): IndexInput {
    const window = { of: name, first, rows };
    const windowed = `${name} from ${first}`;
    const input = remember(this.#inputs, windowed, () => ({
      kind: "index" as const,
      name: windowed,
      rows: entries,
      extra: 0 as const,
      window,
    }));
    if (input.kind !== "index") throw new Error(`The step input "${windowed}" holds values, not indices.`);
    return input;
  }

  /** An f32 step input with one value per row. */
  values(name: string, rows: Rows): ValueInput {
    const input = remember(this.#inputs, name, () => ({ kind: "value" as const, name, rows }));
    if (input.kind !== "value") throw new Error(`The step input "${name}" holds indices, not values.`);
    return input;
  }

  /** A row space cut into sequences; its step inputs are named `<space>.offsets` and `<space>.sequence`. */
  segments(space: RowSpace, sequences: RowSpace): Segments {
    const offsets = this.index(`${space.name}.offsets`, sequences, 1);
    const sequence = this.index(`${space.name}.sequence`, space);
    return { space, sequences, offsets, sequence };
  }

  /** Adds a node of any kind. Operation files call this; models call the operation files. */
  node<Op extends OperationName>(
    op: Op,
    inputs: NodeOf<Op>["inputs"],
    indices: NodeOf<Op>["indices"],
    attributes: NodeOf<Op>["attributes"],
    shapes: readonly OutputShape[],
  ): NodeOf<Op> {
    return this.#append<Op>({ op, inputs, indices, attributes }, shapes);
  }

  /** Adds a node like one of another graph, from operands and step inputs of this one under the same names. */
  nodeLike({ op, attributes }: GraphNode, inputs: object, indices: object, shapes: readonly OutputShape[]): GraphNode {
    return this.#append<OperationName>({ op, inputs, indices, attributes }, shapes);
  }

  #append<Op extends OperationName>(parts: object, shapes: readonly OutputShape[]): NodeOf<Op> {
    const outputs: Tensor[] = [];
    const node = assemble<Op>({ id: this.#nextId++, ...parts, outputs });
    for (const shape of shapes) outputs.push({ kind: "tensor", id: this.#nextId++, ...shape, producer: node });
    this.#nodes.push(node);
    return node;
  }

  /** Adds a node with one output and returns that. */
  single<Op extends OperationName>(
    op: Op,
    inputs: NodeOf<Op>["inputs"],
    indices: NodeOf<Op>["indices"],
    attributes: NodeOf<Op>["attributes"],
    shape: OutputShape,
  ): Tensor {
    const [output] = this.node(op, inputs, indices, attributes, [shape]).outputs;
    if (output === undefined) throw new Error(`"${op}" has no output.`);
    return output;
  }

  /** Makes a tensor readable after a run under this name. */
  output(name: string, tensor: Tensor): void {
    this.#outputs.set(name, tensor);
  }

  /** Declares what training minimises: the sum of `loss` [N, 1]; `correct` [N, 1] is summed beside it. */
  objective(objective: Objective): void {
    this.#objective = objective;
  }

  /** Nodes made so far, for the derivation of the backward pass. */
  get nodes(): readonly GraphNode[] {
    return this.#nodes;
  }

  /** Derives gradients when there is an objective, drops what nothing reads and freezes the graph. */
  finish(savings?: BackwardSavings): Graph {
    const objective = this.#objective;
    const forward = this.#nodes.length;
    const none: Derivatives = { gradients: new Map(), discarded: [] };
    const { gradients, discarded } = objective === undefined ? none : differentiate(this, objective.loss, savings);
    const wanted = [...this.#outputs.values(), ...gradients.values(), ...discarded];
    const roots = [...wanted, ...(objective ? [objective.loss] : [])];
    const nodes = pruneNodes(this.#nodes, roots);
    const forwardIds = new Set(this.#nodes.slice(0, forward).map((node) => node.id));
    return {
      nodes,
      forwardNodes: nodes.filter((node) => forwardIds.has(node.id)).length,
      parameters: [...this.#parameters.values()],
      inputs: [...this.#inputs.values()],
      outputs: this.#outputs,
      gradients,
      discarded,
      ...(objective === undefined ? {} : { objective }),
      ...(savings === undefined ? {} : { savings }),
    };
  }
}

/** The fields come typed from one member of the union; the overload says so, as TypeScript cannot rebuild it from them. */
function assemble<Op extends OperationName>(fields: object): NodeOf<Op>;
function assemble(fields: object): object {
  return fields;
}

function remember<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = make();
  map.set(key, value);
  return value;
}
