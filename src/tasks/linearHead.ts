/** A trained linear head, named as transformers names it: weight [C, D] and, for most families, bias [1, C]. */
import type { ParameterShape } from "../engine/executor.ts";
import type { Builder } from "../engine/graph/builder.ts";
import { matmul } from "../engine/graph/operations/matmul.ts";
import type { Tensor } from "../engine/graph/tensor.ts";

export const headGroup = "head";

/** Shapes of the head `name`: weight [C, D] and, unless it has none, bias [1, C]. */
export function linearHeadShapes(name: string, classes: number, width: number, bias = true): ParameterShape[] {
  const weights = { name: `${name}.weight`, rows: classes, width, group: headGroup };
  return bias ? [weights, { name: `${name}.bias`, rows: 1, width: classes, group: headGroup }] : [weights];
}

/** Logits [needed, C] of rows [needed, D]. */
export function linearHead(builder: Builder, rows: Tensor, shapes: readonly ParameterShape[]): Tensor {
  const [weight, bias] = shapes.map((shape) => builder.parameter(shape));
  if (weight === undefined) throw new Error("A linear head has a weight.");
  return matmul(builder, rows, weight, { transposeB: true, label: "logits", ...(bias === undefined ? {} : { bias }) });
}
