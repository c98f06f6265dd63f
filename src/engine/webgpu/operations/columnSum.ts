/** Sums over rows in two stages: blocks of rows first, then the blocks, each in order. */
import { countRows, type Rows, type Tensor } from "../../graph/tensor.ts";
import { dispatch, perElement, read, write, type Blocks, type Dispatch } from "../dispatch.ts";
import { kernels } from "../kernels/index.ts";
import { outputOf, type Lowering, type LoweringContext } from "./lowering.ts";

export const BLOCK_ROWS = 64;

export const lowerColumnSum: Lowering<"columnSum"> = (node, context) => {
  const { x } = node.inputs;
  const y = outputOf(node);
  if (countRows(x.rows, context.capacities) <= BLOCK_ROWS) return [sumOfRows(x, x.rows, y)];
  const blocks = blocksOf(x.rows);
  const sums = blockTensor(`${y.label} by block`, x, context);
  const first = dispatch({
    label: sums.label,
    kernel: kernels.columnSum,
    uniforms: { rows: x.rows, width: x.width, blockRows: BLOCK_ROWS, blocks },
    bindings: [read(x), write(sums)],
    groups: perElement(blocks, x.width),
  });
  return [first, sumOfRows(sums, blocks, y)];
};

/** y [1, width] = the sum of the first `rows` rows of x. */
export function sumOfRows(x: Tensor, rows: Rows | Blocks, y: Tensor): Dispatch {
  const everything = 0xffff_ffff;
  return dispatch({
    label: y.label,
    kernel: kernels.columnSum,
    uniforms: { rows, width: x.width, blockRows: everything, blocks: 1 },
    bindings: [read(x), write(y)],
    groups: perElement(x.width),
  });
}

export function blocksOf(rows: Rows): Blocks {
  return { kind: "blocks", rows, per: BLOCK_ROWS };
}

/** Room for one row per block of x. */
export function blockTensor(label: string, x: Tensor, context: LoweringContext): Tensor {
  return context.temporary(label, Math.ceil(countRows(x.rows, context.capacities) / BLOCK_ROWS), x.width);
}
