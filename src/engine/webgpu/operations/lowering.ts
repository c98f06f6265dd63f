/** What an operation gets to know when a node is turned into dispatches. */
import type { RowCounts, Rows, Tensor } from "../../graph/tensor.ts";
import type { NodeOf, OperationName } from "../../graph/operations/index.ts";
import type { Dispatch } from "../dispatch.ts";
import type { MatmulPlanner } from "../matmul/planner.ts";

/** Attention kernels by name: `tiles` suits GPUs; `rows` needs no barriers and suits software adapters. */
export type AttentionVariant = "rows" | "tiles";

export interface LoweringContext {
  readonly capacities: RowCounts;
  /** True where barriers are dear and a row is best left to one thread. */
  readonly software: boolean;
  readonly matmul: MatmulPlanner;
  /** Whether a tensor is a frozen matrix stored in half precision, two values to a word. */
  isHalf(tensor: Tensor): boolean;
  readonly attention: AttentionVariant;
  /** Largest range one binding may cover, in bytes. */
  readonly maxBindingBytes: number;
  /** An intermediate result that the graph does not know of. */
  temporary(label: string, rows: Rows, width: number): Tensor;
}

/** The dispatches that compute a node, in order. */
export type Lowering<Op extends OperationName> = (node: NodeOf<Op>, context: LoweringContext) => readonly Dispatch[];

/** Output `index` of a node. */
export function outputOf(node: { readonly op: string; readonly outputs: readonly Tensor[] }, index = 0): Tensor {
  const output = node.outputs[index];
  if (output === undefined) throw new Error(`"${node.op}" has no output ${index}.`);
  return output;
}

/** Threads that share a row of this width in a reduction kernel, and rows in a workgroup. */
export function rowGroups(width: number, { software }: LoweringContext): { lanes: number; groupRows: number } {
  if (software) return width > 2048 ? { lanes: 16, groupRows: 1 } : { lanes: 1, groupRows: 64 };
  if (width <= 32) return { lanes: 8, groupRows: 8 };
  return { lanes: 64, groupRows: 1 };
}
