/** A finished graph, which both executors run: nodes in execution order and the names by which the outside knows them. */
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
  readonly objective?: Objective;
}

/** The nodes that `roots` depend on, in their given order. */
export function pruneNodes(nodes: readonly GraphNode[], roots: readonly Tensor[]): GraphNode[] {
  const wanted = new Set<GraphNode>();
  for (const root of roots) if (root.producer !== undefined) wanted.add(root.producer);
  for (const node of nodes.toReversed()) {
    if (!wanted.has(node)) continue;
    for (const operand of operandsOf(node)) if (operand.producer !== undefined) wanted.add(operand.producer);
  }
  return nodes.filter((node) => wanted.has(node));
}

/** Trained parameters with their group, in declaration order. */
export function trainedParameters(graph: Graph): Tensor[] {
  return graph.parameters.filter((tensor) => tensor.parameter?.group !== undefined);
}
