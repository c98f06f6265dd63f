/**
 * Which frozen matrices may be stored in half precision: those that only products and lookups read, which unpack what they
 * read and add in f32. Whether they are, is for the caller to say and for the executor to do.
 */
import type { ParameterShape } from "../executor.ts";
import { operandsOf } from "./operation.ts";
import type { GraphNode } from "./operations/index.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Marks the shapes of frozen matrices that nothing in these graphs reads except products, lookups and stacks that only
 * products read. Biases and norms, being single rows, keep full precision. Half precision keeps 11 bits of every weight.
 */
export function markHalves<Shape extends ParameterShape>(
  shapes: readonly Shape[],
  graphs: readonly { readonly nodes: readonly GraphNode[] }[],
): Shape[] {
  const unfit = new Set(graphs.flatMap(({ nodes }) => [...namesReadOtherwise(nodes)]));
  return shapes.map((shape) =>
    shape.group === undefined && shape.rows > 1 && !unfit.has(shape.name) ? { ...shape, half: true } : shape,
  );
}

function namesReadOtherwise(nodes: readonly GraphNode[]): Set<string> {
  const names = new Set<string>();
  for (const node of nodes) {
    if (node.op === "stack") continue;
    const understood = new Set<Tensor>(unpackedBy(node));
    for (const tensor of operandsOf(node)) {
      if (understood.has(tensor)) continue;
      const parts = tensor.producer?.op === "stack" ? tensor.producer.inputs.parts : [tensor];
      for (const { parameter } of parts) if (parameter !== undefined) names.add(parameter.name);
    }
  }
  return names;
}

/** @throws when a node reads a half-precision matrix that it cannot unpack; marking with every graph avoids that. */
export function requireUnpacking(nodes: readonly GraphNode[], isHalf: (tensor: Tensor) => boolean): void {
  for (const node of nodes) {
    const understood = new Set<Tensor>(unpackedBy(node));
    const packed = operandsOf(node).find((tensor) => isHalf(tensor) && !understood.has(tensor));
    if (packed === undefined) continue;
    throw new Error(
      `"${node.op}" reads "${packed.label}", which is stored in half precision and which only products and lookups unpack. Store it in f32.`,
    );
  }
}

/** The operands that a node reads in whatever precision they are stored. */
function unpackedBy(node: GraphNode): readonly Tensor[] {
  if (node.op === "matmul") return [node.inputs.a, node.inputs.b];
  return node.op === "gather" ? node.inputs.tables : [];
}
