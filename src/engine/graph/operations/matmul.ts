/**
 * Matrix product y = op(a) · op(b) + bias, the only operation with weights in it.
 *
 * Layouts by transposition: NT (PyTorch's [out, in] weights), NN (GPT-2's Conv1D), TN (weight gradients). One copy of the
 * weights serves forward and backward.
 */
import type { Builder } from "../builder.ts";
import type { Contribution, NodeBase, Vjp } from "../operation.ts";
import { describeShape, sameRows, type Rows, type Tensor } from "../tensor.ts";
import { columnSum } from "./columnSum.ts";

export type MatmulNode = NodeBase<
  "matmul",
  { readonly a: Tensor; readonly b: Tensor; readonly bias?: Tensor },
  Record<never, never>,
  { readonly transposeA: boolean; readonly transposeB: boolean }
>;

export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly bias?: Tensor;
  readonly label?: string;
}

/** [M, K] · [K, N] → [M, N] after transposition; `bias` is [1, N]. Throws when the inner sizes differ. */
export function matmul(builder: Builder, a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const { transposeA = false, transposeB = false, bias, label = "matmul" } = options;
  const rows = transposeA ? a.width : a.rows;
  const innerA: Rows = transposeA ? a.rows : a.width;
  const innerB: Rows = transposeB ? b.width : b.rows;
  const width = transposeB ? b.rows : b.width;
  if (!sameRows(innerA, innerB)) {
    throw new Error(`matmul "${label}": inner sizes differ, ${describeShape(a)} and ${describeShape(b)}.`);
  }
  if (typeof width !== "number") throw new Error(`matmul "${label}": the result's width must be fixed.`);
  if (bias !== undefined && bias.width !== width) {
    throw new Error(`matmul "${label}": expected a bias of width ${width}, got ${bias.width}.`);
  }
  const inputs = bias === undefined ? { a, b } : { a, b, bias };
  return builder.single("matmul", inputs, {}, { transposeA, transposeB }, { label, rows, width });
}

/** y = ab: dA = dY·bᵀ, dB = aᵀ·dY; y = abᵀ: dA = dY·b, dB = dYᵀ·a. The bias gradient sums the rows. */
export const matmulVjp: Vjp<MatmulNode> = (node, { builder, needs, gradient }) => {
  const dy = gradient(0);
  if (dy === undefined) return [];
  const { a, b, bias } = node.inputs;
  if (node.attributes.transposeA) throw new Error("The product of a transposed first operand has no gradient rule.");
  const { transposeB } = node.attributes;
  const contributions: Contribution[] = [];
  if (needs(a)) {
    const label = `d ${a.label}`;
    contributions.push({ operand: a, gradient: matmul(builder, dy, b, { transposeB: !transposeB, label }) });
  }
  if (needs(b)) {
    const label = `d ${b.label}`;
    const [left, right] = transposeB ? [dy, a] : [a, dy];
    contributions.push({ operand: b, gradient: matmul(builder, left, right, { transposeA: true, label }) });
  }
  if (needs(bias)) contributions.push({ operand: bias, gradient: columnSum(builder, dy, `d ${bias.label}`) });
  return contributions;
};
