/**
 * The frozen frontier: the tensors that nothing trained can change and that something trained reads. What computes them is
 * the trunk; it gives the same rows for the same example in every step, so its results can be kept. The remainder is the
 * graph that takes them from tables instead. Dropout does not exist here, so the cut is exact.
 */
import { nodesFlops } from "./costs.ts";
import type { BackwardSavings } from "./differentiate.ts";
import { dependentTensors, pruneNodes, type Graph } from "./graph.ts";
import { operandsOf, stepInputsOf } from "./operation.ts";
import { gather } from "./operations/gather.ts";
import type { GraphNode } from "./operations/index.ts";
import { rebuild } from "./rebuild.ts";
import type { RowCounts, RowSpace, Tensor } from "./tensor.ts";

/** One tensor that crosses the frontier, kept as a table of rows. */
export interface Crossing {
  /** Name of the table, and of the trunk's output. */
  readonly table: string;
  readonly tensor: Tensor;
  /** Its label and how many tensors of that label come before it, by which another graph finds its own. */
  readonly name: string;
  readonly space: RowSpace;
}

export interface Frontier {
  readonly crossings: readonly Crossing[];
  /** Computes the crossing tensors as outputs. */
  readonly trunk: Graph;
  /** Floating-point operations of the trunk for the counts that were given. */
  readonly flops: number;
}

/** Step input with the table row of each row of a space. */
export function frontierRows(space: string): string {
  return `frontier.${space}`;
}

/**
 * Possible frontiers, the one that saves most first: everything frozen that is read, and the single tensor from which the
 * rest is cheapest to compute again, which takes less memory. Empty when nothing frozen is computed.
 */
export function frontiersOf(graph: Graph, counts: RowCounts): Frontier[] {
  const forward = graph.nodes.slice(0, graph.forwardNodes);
  const depends = dependentTensors(forward);
  const widest = readAcross(forward, depends);
  if (widest.length === 0) return [];
  const frozen = pruneNodes(forward, widest);
  const sets = [widest, narrowest(frozen, widest, counts)];
  const distinct = sets.filter((tensors, place) => place === 0 || String(ids(tensors)) !== String(ids(widest)));
  return distinct.map((tensors) => frontierOf(graph, tensors, counts));
}

function ids(tensors: readonly Tensor[]): number[] {
  return tensors.map(({ id }) => id);
}

/** Frozen tensors, one row or more for each example, that nodes with something trained in them read. */
function readAcross(forward: readonly GraphNode[], depends: ReadonlySet<Tensor>): Tensor[] {
  const read = forward.filter((node) => node.outputs.some((output) => depends.has(output))).flatMap(operandsOf);
  return [...new Set(read)].filter((tensor) => isKeepable(tensor) && !depends.has(tensor));
}

function isKeepable({ producer, rows }: Tensor): boolean {
  return producer !== undefined && typeof rows !== "number" && rows.kind === "row-space";
}

function narrowest(frozen: readonly GraphNode[], widest: readonly Tensor[], counts: RowCounts): readonly Tensor[] {
  const candidates = frozen.flatMap(({ outputs }) => outputs).filter(isKeepable);
  const again = (tensor: Tensor): number => nodesFlops(pruneNodes(frozen, widest, new Set([tensor])), counts);
  const ranked = candidates
    .map((tensor) => ({ tensor, flops: again(tensor) }))
    .toSorted((a, b) => a.flops - b.flops || a.tensor.width - b.tensor.width);
  const [best] = ranked;
  return best === undefined ? widest : [best.tensor];
}

function frontierOf(graph: Graph, tensors: readonly Tensor[], counts: RowCounts): Frontier {
  const nodes = pruneNodes(graph.nodes.slice(0, graph.forwardNodes), tensors);
  const names = new Map([...namedOutputs(graph)].map(([name, tensor]) => [tensor, name]));
  const crossings = tensors.map((tensor, place) => {
    const { rows } = tensor;
    if (typeof rows === "number" || rows.kind !== "row-space") throw new Error(`"${tensor.label}" cannot be kept.`);
    return { table: `frontier.${place}`, tensor, name: names.get(tensor) ?? tensor.label, space: rows };
  });
  const trunk: Graph = {
    nodes,
    forwardNodes: nodes.length,
    parameters: graph.parameters.filter((parameter) => nodes.some((node) => operandsOf(node).includes(parameter))),
    inputs: graph.inputs.filter((input) => nodes.some((node) => stepInputsOf(node).includes(input))),
    outputs: new Map(crossings.map(({ table, tensor }) => [table, tensor])),
    gradients: new Map(),
    discarded: [],
  };
  return { crossings, trunk, flops: nodesFlops(nodes, counts) };
}

/**
 * The rest of a graph, which reads the crossing tensors from tables with `tableRows` rows by space. The graph may be another
 * one than the frontier was found in, as long as both have the same forward pass.
 * @throws when they differ
 */
export function remainderOf(
  graph: Graph,
  { crossings }: Frontier,
  tableRows: RowCounts,
  savings?: BackwardSavings,
): Graph {
  const own = namedOutputs(graph);
  const given = new Map<Tensor, Crossing>();
  for (const crossing of crossings) {
    const tensor = own.get(crossing.name);
    if (tensor === undefined) {
      throw new Error(`This graph does not compute "${crossing.tensor.label}" as the other one does.`);
    }
    given.set(tensor, crossing);
  }
  return rebuild(graph, {
    ...(savings === undefined ? {} : { savings }),
    given: new Set(given.keys()),
    replace(tensor, builder) {
      const crossing = given.get(tensor);
      if (crossing === undefined) throw new Error(`"${tensor.label}" does not cross the frontier.`);
      const { table: name, space } = crossing;
      const table = builder.parameter({ name, rows: tableRows[space.name] ?? 0, width: tensor.width });
      return gather(builder, [{ table, index: builder.index(frontierRows(space.name), space) }], tensor.label);
    },
  });
}

/** What the forward pass computes, by label and by how many tensors of that label come before. */
function namedOutputs({ nodes, forwardNodes }: Graph): Map<string, Tensor> {
  const seen = new Map<string, number>();
  const outputs = nodes.slice(0, forwardNodes).flatMap((node) => [...node.outputs]);
  return new Map(
    outputs.map((tensor) => {
      const before = seen.get(tensor.label) ?? 0;
      seen.set(tensor.label, before + 1);
      return [`${tensor.label} ${before}`, tensor];
    }),
  );
}
