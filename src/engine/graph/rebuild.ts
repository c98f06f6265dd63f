/**
 * Builds a graph anew from the forward nodes of another one, with some tensors replaced. Gradients are derived again, so a
 * replaced tensor that nothing trained reaches simply has none.
 */
import { Builder } from "./builder.ts";
import type { BackwardSavings } from "./differentiate.ts";
import { pruneNodes, type Graph } from "./graph.ts";
import { isStepInput, isTensor } from "./operation.ts";
import type { GraphNode } from "./operations/index.ts";
import type { StepInput, Tensor } from "./tensor.ts";

export interface RebuildOptions {
  /** Replaces those of the graph. */
  readonly savings?: BackwardSavings;
  /** Tensors that are given instead of computed. */
  readonly given?: ReadonlySet<Tensor>;
  /** Makes the stand-in of a given tensor when it is first read. */
  replace?(tensor: Tensor, builder: Builder): Tensor;
  /** Another way to copy a node; undefined copies it as it is. */
  rewrite?(node: GraphNode, copy: GraphCopy): boolean;
}

/** The new graph while it is made: where old tensors went, and how old nodes are added to it. */
export interface GraphCopy {
  readonly builder: Builder;
  /** The new tensor of an old one. */
  tensor(old: Tensor): Tensor;
  /** Says what an old tensor has become. */
  set(old: Tensor, tensor: Tensor): void;
  /** Adds a node like the old one; `rows` and `indices` replace the old one's. */
  add(node: GraphNode, changes?: NodeChanges): void;
}

export interface NodeChanges {
  readonly rows?: Tensor["rows"];
  readonly indices?: Readonly<Record<string, StepInput>>;
}

/** The same objective and outputs from new nodes. */
export function rebuild(graph: Graph, options: RebuildOptions = {}): Graph {
  const { given = new Set(), savings = graph.savings } = options;
  const copy = new Copy(options);
  const { objective, outputs } = graph;
  const roots = [...outputs.values(), ...(objective === undefined ? [] : [objective.loss, objective.correct])];
  const forward = graph.nodes.slice(0, graph.forwardNodes);
  for (const node of pruneNodes(forward, roots, given)) {
    if (options.rewrite?.(node, copy) !== true) copy.add(node);
  }
  for (const [name, tensor] of outputs) copy.builder.output(name, copy.tensor(tensor));
  if (objective !== undefined) {
    copy.builder.objective({ loss: copy.tensor(objective.loss), correct: copy.tensor(objective.correct) });
  }
  return copy.builder.finish(savings);
}

class Copy implements GraphCopy {
  readonly builder = new Builder();
  readonly #options: RebuildOptions;
  readonly #made = new Map<Tensor, Tensor>();

  constructor(options: RebuildOptions) {
    this.#options = options;
  }

  tensor(old: Tensor): Tensor {
    const known = this.#made.get(old);
    if (known !== undefined) return known;
    if (old.parameter !== undefined) return this.builder.parameter(old.parameter);
    const { given, replace } = this.#options;
    if (given?.has(old) !== true || replace === undefined) throw new Error(`"${old.label}" is read before it is made.`);
    const made = replace(old, this.builder);
    this.#made.set(old, made);
    return made;
  }

  set(old: Tensor, tensor: Tensor): void {
    this.#made.set(old, tensor);
  }

  add(node: GraphNode, { rows, indices = {} }: NodeChanges = {}): void {
    const inputs = mapFields(node.inputs, isTensor, (tensor) => this.tensor(tensor));
    const steps = mapFields({ ...node.indices, ...indices }, isStepInput, (input) => this.#input(input));
    const shapes = node.outputs.map((output) => ({
      label: output.label,
      rows: rows ?? output.rows,
      width: output.width,
    }));
    const made = this.builder.nodeLike(node, inputs, steps, shapes);
    for (const [place, output] of node.outputs.entries()) {
      const tensor = made.outputs[place];
      if (tensor !== undefined) this.set(output, tensor);
    }
  }

  #input(input: StepInput): StepInput {
    return input.kind === "index"
      ? this.builder.index(input.name, input.rows, input.extra)
      : this.builder.values(input.name, input.rows);
  }
}

/** Every tensor or step input of an object of them, alone or in lists, under the same names. */
function mapFields<Item>(fields: object, isItem: (value: unknown) => value is Item, map: (item: Item) => Item): object {
  const entries: readonly (readonly [string, unknown])[] = Object.entries(fields);
  const mapped = entries.map(([key, value]) => {
    const items: readonly unknown[] = Array.isArray(value) ? value : [value];
    const made = items.filter(isItem).map(map);
    return [key, Array.isArray(value) ? made : made[0]] as const;
  });
  return Object.fromEntries(mapped.filter(([, value]) => value !== undefined));
}
