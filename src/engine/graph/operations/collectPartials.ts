/**
 * Sums what each sequence wrote for the prompt and places it in the prompt's columns: the end of every deep prompt's
 * gradient, for all layers at once.
 */
import type { Builder } from "../builder.ts";
import type { NodeBase, PartialGradient } from "../operation.ts";
import type { IndexInput, Tensor } from "../tensor.ts";

export type CollectPartialsNode = NodeBase<
  "collectPartials",
  { readonly partials: readonly Tensor[] },
  { readonly set?: IndexInput },
  {
    /** Per partial: first target column of each of its column blocks. */
    readonly columns: readonly (readonly number[])[];
    readonly blockWidth: number;
    /** P, slots per prompt set. */
    readonly promptLength: number;
  }
>;

/**
 * Partials [sequences×P, k·blockWidth] → gradient [S·P, W] of `target`. Blocks must not overlap. They must cover W when the
 * target is a parameter; columns of a computed target that no attention read as a prompt get a gradient of zero.
 * @throws when they do not.
 */
export function collectPartials(builder: Builder, target: Tensor, gradients: readonly PartialGradient[]): Tensor {
  const first = gradients[0];
  if (first === undefined) throw new Error(`No gradient reaches "${target.label}".`);
  const { blockWidth, set } = first;
  const starts = gradients.flatMap((gradient) => gradient.columns);
  const covered = starts.length * blockWidth;
  const isWhole = covered === target.width || (target.parameter === undefined && target.width % blockWidth === 0);
  if (new Set(starts).size !== starts.length || !isWhole) {
    throw new Error(`The columns of "${target.label}" are not each used by exactly one attention.`);
  }
  const { rows } = first.partial;
  if (typeof rows === "number" || rows.kind !== "row-product") {
    throw new Error(`The gradient of "${target.label}" must come per sequence.`);
  }
  return builder.single(
    "collectPartials",
    { partials: gradients.map((gradient) => gradient.partial) },
    set === undefined ? {} : { set },
    { columns: gradients.map((gradient) => gradient.columns), blockWidth, promptLength: rows.times },
    { label: `d ${target.label}`, rows: target.rows, width: target.width },
  );
}
