/**
 * Several parameters seen as one matrix, so that one product serves them all: the query, key and value projections of a
 * layer are the usual case. Every part keeps its own name, file entry and gradient; no numbers move where an executor has
 * laid the parts out end to end (`ParameterShape.stack`).
 */
import type { Builder } from "../builder.ts";
import { outputAt, type NodeBase, type Vjp } from "../operation.ts";
import { describeShape, type Tensor } from "../tensor.ts";

export type StackNode = NodeBase<
  "stack",
  { readonly parts: readonly Tensor[] },
  Record<never, never>,
  Record<never, never>
>;

/** The way back: one output per part, each its stretch of x. */
export type UnstackNode = NodeBase<"unstack", { readonly x: Tensor }, Record<never, never>, Record<never, never>>;

/** Parts whose size is a multiple of this many numbers can lie end to end and still be bound one by one on every device. */
const ALIGNED_NUMBERS = 64;

/** Whether these parameters can be laid out end to end: marked as one stack, all frozen or of one group, of aligned sizes. */
export function canStack(parts: readonly Tensor[]): boolean {
  const [first] = parts;
  return parts.every(
    ({ parameter }) =>
      parameter?.stack !== undefined &&
      parameter.stack === first?.parameter?.stack &&
      parameter.group === first.parameter.group &&
      (parameter.rows * parameter.width) % ALIGNED_NUMBERS === 0,
  );
}

/**
 * Parameters [Nᵢ, W] on top of each other, [ΣNᵢ, W]; single rows [1, Wᵢ] side by side, [1, ΣWᵢ]. Either way the result's
 * numbers are those of the parts, one after the other. Throws when the widths differ or a part is no parameter.
 */
export function stack(builder: Builder, parts: readonly Tensor[], label = "stack"): Tensor {
  const [first] = parts;
  if (first === undefined) throw new Error(`stack "${label}": expected at least one parameter.`);
  for (const part of parts) {
    if (part.parameter === undefined) throw new Error(`stack "${label}": "${part.label}" is not a parameter.`);
  }
  const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);
  const rows = parts.map((part) => part.parameter?.rows ?? 0);
  const sideBySide = rows.every((count) => count === 1);
  if (!sideBySide && parts.some(({ width }) => width !== first.width)) {
    throw new Error(`stack "${label}": the parts ${parts.map(describeShape).join(", ")} are not of one width.`);
  }
  const shape = sideBySide
    ? { rows: 1, width: sum(parts.map(({ width }) => width)) }
    : { rows: sum(rows), width: first.width };
  return builder.single("stack", { parts }, {}, {}, { label, ...shape });
}

/** Every trained part receives its stretch. */
export const stackVjp: Vjp<StackNode> = (node, { builder, needs, gradient }) => {
  const dy = gradient(0);
  const { parts } = node.inputs;
  if (dy === undefined || !parts.some(needs)) return [];
  const shapes = parts.map(({ label, rows, width }) => ({ label: `d ${label}`, rows, width }));
  const { outputs } = builder.node("unstack", { x: dy }, {}, {}, shapes);
  return parts.flatMap((part, i) => (needs(part) ? [{ operand: part, gradient: outputAt(outputs, i) }] : []));
};
