/** Layer normalisation over the width of each row (Ba et al. 2016), with the statistics kept for the backward pass. */
import type { Builder } from "../builder.ts";
import { outputAt, type Contribution, type NodeBase, type Vjp } from "../operation.ts";
import type { Tensor } from "../tensor.ts";
import { columnSum } from "./columnSum.ts";

export type LayerNormNode = NodeBase<
  "layerNorm",
  { readonly x: Tensor; readonly gain: Tensor; readonly bias: Tensor },
  Record<never, never>,
  { readonly epsilon: number }
>;

/** dX [R, N] from dY, x, the statistics and the gain. */
export type LayerNormInputGradientNode = NodeBase<
  "layerNormInputGradient",
  { readonly dy: Tensor; readonly x: Tensor; readonly statistics: Tensor; readonly gain: Tensor },
  Record<never, never>,
  Record<never, never>
>;

/** d gain and d bias, both [1, N]. */
export type LayerNormParameterGradientNode = NodeBase<
  "layerNormParameterGradient",
  { readonly dy: Tensor; readonly x: Tensor; readonly statistics: Tensor },
  Record<never, never>,
  Record<never, never>
>;

/** (x − mean) / √(variance + ε) · gain + bias. Outputs y [R, N] and, internally, [R, 2] = (mean, 1/deviation). */
export function layerNorm(
  builder: Builder,
  x: Tensor,
  { gain, bias, epsilon, label = "layer norm" }: { gain: Tensor; bias: Tensor; epsilon: number; label?: string },
): Tensor {
  const node = builder.node("layerNorm", { x, gain, bias }, {}, { epsilon }, [
    { label, rows: x.rows, width: x.width },
    { label: `${label} statistics`, rows: x.rows, width: 2 },
  ]);
  return outputAt(node.outputs, 0);
}

/** dX needs the row statistics; gain and bias gradients exist only when those are trained. A bias alone is a sum of rows. */
export const layerNormVjp: Vjp<LayerNormNode> = (node, { builder, needs, gradient }) => {
  const dy = gradient(0);
  if (dy === undefined) return [];
  const { x, gain, bias } = node.inputs;
  const statistics = outputAt(node.outputs, 1);
  const contributions: Contribution[] = [];
  if (needs(x)) {
    const shape = { label: `d ${x.label}`, rows: x.rows, width: x.width };
    const dx = builder.single("layerNormInputGradient", { dy, x, statistics, gain }, {}, {}, shape);
    contributions.push({ operand: x, gradient: dx });
  }
  if (needs(gain)) {
    const { outputs } = builder.node("layerNormParameterGradient", { dy, x, statistics }, {}, {}, [
      { label: `d ${gain.label}`, rows: 1, width: x.width },
      { label: `d ${bias.label}`, rows: 1, width: x.width },
    ]);
    contributions.push({ operand: gain, gradient: outputAt(outputs, 0) });
    if (needs(bias)) contributions.push({ operand: bias, gradient: outputAt(outputs, 1) });
  } else if (needs(bias)) {
    contributions.push({ operand: bias, gradient: columnSum(builder, dy, `d ${bias.label}`) });
  }
  return contributions;
};
