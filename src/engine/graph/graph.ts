/** A finished graph, which both executors run: nodes in execution order and the names by which the outside knows them. */
import type { BackwardSavings } from "./differentiate.ts";
import { operandsOf } from "./operation.ts";
import type { GraphNode } from "./operations/index.ts";
import type { StepInput, Tensor } from "./tensor.ts";

/** Row losses and row hits, both [N, 1]. */
export interface Objective {
  readonly loss: Tensor;
  readonly correct: Tensor;
}

export interface Graph {
  /** In execution order; the first `forwardNodes` are the forward pass. */
  readonly nodes: readonly GraphNode[];
  readonly forwardNodes: number;
  readonly parameters: readonly Tensor[];
  readonly inputs: readonly StepInput[];
  /** Tensors readable after a run, by name. */
  readonly outputs: ReadonlyMap<string, Tensor>;
  /** Gradient of each trained parameter by parameter name; empty without an objective. */
  readonly gradients: ReadonlyMap<string, Tensor>;
  /** Gradients that are computed and thrown away; empty unless a saving is switched off in order to measure it. */
  readonly discarded: readonly Tensor[];
  readonly objective?: Objective;
  /** The savings its gradients were derived with; absent where they were the default. */
  readonly savings?: BackwardSavings;
}

/** The nodes that `roots` depend on, in their given order; what computes a `given` tensor is not needed. */
export function pruneNodes(
  nodes: readonly GraphNode[],
  roots: readonly Tensor[],
  given: ReadonlySet<Tensor> = new Set(),
): GraphNode[] {
  const wanted = new Set<GraphNode>();
  const want = (tensor: Tensor): void => {
    if (tensor.producer !== undefined && !given.has(tensor)) wanted.add(tensor.producer);
  };
  roots.forEach(want);
  for (const node of nodes.toReversed()) if (wanted.has(node)) operandsOf(node).forEach(want);
  return nodes.filter((node) => wanted.has(node));
}

/** Trained parameters among the operands of these nodes, and everything computed from them. */
export function dependentTensors(nodes: readonly GraphNode[]): Set<Tensor> {
  const depends = new Set<Tensor>();
  for (const node of nodes) {
    const operands = operandsOf(node);
    for (const operand of operands) if (operand.parameter?.group !== undefined) depends.add(operand);
    if (operands.some((operand) => depends.has(operand))) for (const output of node.outputs) depends.add(output);
  }
  return depends;
}

/** Trained parameters with their group, in declaration order. */
export function trainedParameters(graph: Graph): Tensor[] {
  return graph.parameters.filter((tensor) => tensor.parameter?.group !== undefined);
}
