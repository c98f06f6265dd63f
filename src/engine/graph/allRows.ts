/**
 * The opposite of a saving, for measuring it: computes every row of the last layer and the head and picks the needed ones at
 * the very end. The same numbers come out.
 */
import type { BackwardSavings } from "./differentiate.ts";
import type { Graph } from "./graph.ts";
import { operandsOf } from "./operation.ts";
import { gather, type GatherNode } from "./operations/gather.ts";
import type { GraphNode } from "./operations/index.ts";
import { rebuild, type GraphCopy } from "./rebuild.ts";
import { sameRows, type IndexInput, type Tensor } from "./tensor.ts";

/** Rows of another space that a tensor of the old graph is picked from, and its like in the new graph with all of them. */
interface Pick {
  readonly full: Tensor;
  readonly index: IndexInput;
}

export function withAllRows(graph: Graph, savings?: BackwardSavings): Graph {
  const picks = new Map<Tensor, Pick>();
  const ends = new Set(graph.outputs.values());
  return rebuild(graph, {
    ...(savings === undefined ? {} : { savings }),
    rewrite(node, copy) {
      const picked = pickOf(node, picks, copy);
      if (picked !== undefined) {
        for (const output of node.outputs) picks.set(output, picked);
        return finishEnds(node, picks, copy, ends);
      }
      const operands = operandsOf(node).filter((operand) => picks.has(operand));
      if (operands.length > 0 && worksByRow(node, picks)) {
        addForAllRows(node, operands, picks, copy);
        return finishEnds(node, picks, copy, ends);
      }
      for (const operand of operands) pickNow(operand, picks, copy);
      return false;
    },
  });
}

/** A gather that takes rows of one computed tensor. */
function pickOf(node: GraphNode, picks: ReadonlyMap<Tensor, Pick>, copy: GraphCopy): Pick | undefined {
  if (!isPick(node)) return undefined;
  const [table] = node.inputs.tables;
  const [index] = node.indices.indices;
  if (table === undefined || index === undefined || picks.has(table)) return undefined;
  return { full: copy.tensor(table), index };
}

function isPick(node: GraphNode): node is GatherNode {
  if (node.op !== "gather" || node.inputs.tables.length !== 1) return false;
  const [table] = node.inputs.tables;
  return table !== undefined && typeof table.rows !== "number" && table.rows.kind === "row-space";
}

/** Whether each row of the result follows from the same row of the picked operands alone. */
function worksByRow(node: GraphNode, picks: ReadonlyMap<Tensor, Pick>): boolean {
  switch (node.op) {
    case "matmul":
      return !node.attributes.transposeA && picks.has(node.inputs.a) && !picks.has(node.inputs.b);
    case "add":
      return samePick(picks.get(node.inputs.a), picks.get(node.inputs.b));
    case "activation":
    case "layerNorm":
      return true;
    case "attention": {
      const { q, k, v } = node.inputs;
      const pick = picks.get(q);
      return pick !== undefined && !picks.has(k) && !picks.has(v) && sameRows(pick.full.rows, k.rows);
    }
    default:
      return false;
  }
}

function samePick(a: Pick | undefined, b: Pick | undefined): boolean {
  return a !== undefined && b !== undefined && a.index.name === b.index.name && sameRows(a.full.rows, b.full.rows);
}

function addForAllRows(node: GraphNode, operands: readonly Tensor[], picks: Map<Tensor, Pick>, copy: GraphCopy): void {
  const [pick] = operands.flatMap((operand) => picks.get(operand) ?? []);
  if (pick === undefined) throw new Error(`"${node.op}" reads no picked rows.`);
  for (const operand of operands) copy.set(operand, picks.get(operand)?.full ?? pick.full);
  const indices =
    node.op === "attention" ? { queryOffsets: node.indices.keyOffsets, querySequence: node.indices.keySequence } : {};
  copy.add(node, { rows: pick.full.rows, indices });
  for (const output of node.outputs) picks.set(output, { full: copy.tensor(output), index: pick.index });
}

/** Outputs of the graph are the needed rows alone. */
function finishEnds(
  node: GraphNode,
  picks: ReadonlyMap<Tensor, Pick>,
  copy: GraphCopy,
  ends: ReadonlySet<Tensor>,
): true {
  for (const output of node.outputs) if (ends.has(output)) pickNow(output, picks, copy);
  return true;
}

function pickNow(tensor: Tensor, picks: ReadonlyMap<Tensor, Pick>, copy: GraphCopy): void {
  const pick = picks.get(tensor);
  if (pick === undefined) return;
  const index = copy.builder.index(pick.index.name, pick.index.rows);
  copy.set(tensor, gather(copy.builder, [{ table: pick.full, index }], tensor.label));
}
