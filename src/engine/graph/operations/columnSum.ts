/** Sum of all rows: [R, N] → [1, N]. The gradient of a bias. */
import type { Builder } from "../builder.ts";
import type { NodeBase } from "../operation.ts";
import type { Tensor } from "../tensor.ts";

export type ColumnSumNode = NodeBase<"columnSum", { readonly x: Tensor }, Record<never, never>, Record<never, never>>;

/** [R, N] → [1, N]; the order of additions is fixed by the executor, never by timing. */
export function columnSum(builder: Builder, x: Tensor, label = "column sum"): Tensor {
  return builder.single("columnSum", { x }, {}, {}, { label, rows: 1, width: x.width });
}
