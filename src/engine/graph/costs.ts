/** What a graph costs for given row counts, from its shapes alone: memory at its peak and arithmetic per run. An estimate before anything is compiled. */
import type { Graph } from "./graph.ts";
import { operandsOf } from "./operation.ts";
import type { GraphNode, NodeOf } from "./operations/index.ts";
import { countRows, type RowCounts, type Tensor } from "./tensor.ts";

export interface GraphCosts {
  /** Largest sum of the computed tensors alive at one time. */
  readonly activationBytes: number;
  /** Floating-point operations of one run; a multiply-add counts as two. */
  readonly flops: number;
}

/** Costs of running the whole graph once with these row counts. */
export function graphCosts(graph: Graph, counts: RowCounts): GraphCosts {
  return { activationBytes: peakBytes(graph, counts), flops: nodesFlops(graph.nodes, counts) };
}

/** Floating-point operations of running these nodes once. */
export function nodesFlops(nodes: readonly GraphNode[], counts: RowCounts): number {
  return nodes.reduce((sum, node) => sum + nodeFlops(node, counts), 0);
}

/** Walks the nodes in order; a tensor lives from its producer to its last reader. */
function peakBytes(graph: Graph, counts: RowCounts): number {
  const bytes = ({ rows, width, producer }: Tensor): number =>
    isView(producer) ? 0 : countRows(rows, counts) * width * 4;
  const lastUse = new Map<Tensor, number>();
  for (const [place, node] of graph.nodes.entries()) {
    for (const tensor of [...operandsOf(node), ...node.outputs]) lastUse.set(tensor, place);
  }
  const endings = new Map<number, Tensor[]>();
  for (const [tensor, place] of lastUse) {
    if (tensor.producer !== undefined) endings.set(place, [...(endings.get(place) ?? []), tensor]);
  }
  let [alive, peak] = [0, 0];
  for (const [place, node] of graph.nodes.entries()) {
    for (const output of node.outputs) alive += bytes(output);
    peak = Math.max(peak, alive);
    for (const tensor of endings.get(place) ?? []) alive -= bytes(tensor);
  }
  return peak;
}

/** Stacks of parameters lie where the parameters lie, and so do their gradients. */
function isView(producer: GraphNode | undefined): boolean {
  return producer?.op === "stack" || producer?.op === "unstack";
}

/** Matrix products and attention exactly; other operations are counted as a few per element. */
function nodeFlops(node: GraphNode, counts: RowCounts): number {
  const elements = node.outputs.reduce((sum, output) => sum + countRows(output.rows, counts) * output.width, 0);
  switch (node.op) {
    case "matmul": {
      const inner = node.attributes.transposeA ? countRows(node.inputs.a.rows, counts) : node.inputs.a.width;
      return 2 * inner * elements;
    }
    case "lstm":
      return 8 * countRows(node.inputs.x.rows, counts) * node.inputs.weight.width ** 2;
    case "lstmGradient":
      return 8 * countRows(node.inputs.dy.rows, counts) * node.inputs.weight.width ** 2;
    case "attention":
      return 4 * attentionPairs(node, counts);
    case "attentionGradient":
      return attentionGradientFlops(node) * attentionPairs(node, counts);
    case "stack":
    case "unstack":
      return 0;
    default:
      return 8 * elements;
  }
}

type AttentionLike = Extract<GraphNode, { readonly indices: { readonly keyOffsets: unknown } }>;

/** Per query-key pair and column: scores and dO·v again, and two products for each kind of gradient. */
function attentionGradientFlops({ attributes: { gradients } }: NodeOf<"attentionGradient">): number {
  const keys = gradients.k === undefined && gradients.prompt === undefined ? 0 : 8;
  return keys + (gradients.q === undefined ? 0 : 6);
}

/** Query-key pairs times width, with all sequences of the mean length. */
function attentionPairs(node: AttentionLike, counts: RowCounts): number {
  const { q, k } = node.inputs;
  const { heads, headWidth } = node.attributes;
  const sequences = Math.max(1, countRows(node.indices.keyOffsets.rows, counts));
  const keys = countRows(k.rows, counts) / sequences + node.attributes.promptLength;
  return countRows(q.rows, counts) * keys * heads * headWidth;
}
