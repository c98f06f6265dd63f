/**
 * Dropout with masks that follow from counters: whether an element is kept is a hash of the step's key, the operation, the
 * example, the position in it and the column (Salmon et al. 2011 on counter-based generators). So neither packing nor
 * micro-batches nor the order of computation change a mask, and every executor finds the same one. Kept elements are scaled
 * by 1 / (1 − share) (Srivastava et al. 2014, as torch.nn.Dropout does).
 */
import type { Builder } from "../builder.ts";
import type { NodeBase, Vjp } from "../operation.ts";
import type { IndexInput, Tensor } from "../tensor.ts";

export interface DropoutIndices {
  /** [2] words, the same in all micro-batches of a step and others in every step. */
  readonly key: IndexInput;
  /** Number of each row's example in the step, and of the row in its example. */
  readonly example: IndexInput;
  readonly position: IndexInput;
}

export interface DropoutAttributes {
  /** Share of the elements that become zero, at least 0 and below 1. */
  readonly share: number;
  /** Tells the operations of a graph apart. */
  readonly stream: number;
}

export type DropoutNode = NodeBase<"dropout", { readonly x: Tensor }, DropoutIndices, DropoutAttributes>;

/** [R, N] → [R, N]. @throws when the share is not in [0, 1). */
export function dropout(
  builder: Builder,
  x: Tensor,
  {
    indices,
    attributes,
    label = "dropout",
  }: { indices: DropoutIndices; attributes: DropoutAttributes; label?: string },
): Tensor {
  const { share } = attributes;
  if (!(share >= 0 && share < 1))
    throw new Error(`${label}: expected a share of at least 0 and below 1, got ${share}.`);
  return builder.single("dropout", { x }, indices, attributes, { label, rows: x.rows, width: x.width });
}

/** dX is dY under the same mask. */
export const dropoutVjp: Vjp<DropoutNode> = (node, { builder, needs, gradient }) => {
  const dy = gradient(0);
  const { x } = node.inputs;
  if (dy === undefined || !needs(x)) return [];
  const { indices, attributes } = node;
  return [{ operand: x, gradient: dropout(builder, dy, { indices, attributes, label: `d ${x.label}` }) }];
};

/** What a kept element is multiplied by, as f32. */
export function dropoutScale({ share }: DropoutAttributes): number {
  return Math.fround(1 / (1 - share));
}

/** Hashes below this are dropped, u32. */
export function dropoutThreshold({ share }: DropoutAttributes): number {
  return Math.floor(share * 2 ** 32);
}

/** The hash of some counters, u32. */
export function dropoutHash(counters: readonly number[]): number {
  return counters.reduce(mixed, 0x9e3779b9);
}

/** One round: xor and an avalanche with the multipliers of Chris Wellons' lowbias32. */
function mixed(hash: number, counter: number): number {
  let value = hash ^ counter;
  value = Math.imul(value ^ (value >>> 16), 0x7feb352d);
  value = Math.imul(value ^ (value >>> 15), 0x846ca68b);
  return (value ^ (value >>> 16)) >>> 0;
}
