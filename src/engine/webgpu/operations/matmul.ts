/** Matrix products: the variant follows from the adapter, never from the number of rows. */
import { countRows, type Rows } from "../../graph/tensor.ts";
import { dispatch, read, write, type Blocks } from "../dispatch.ts";
import { kernels } from "../kernels/index.ts";
import type { MatmulVariant } from "../runtime.ts";
import { outputOf, type Lowering } from "./lowering.ts";

/** Each variant's kernel, and the rows and columns of one tile and the tiles of one workgroup. */
const VARIANTS = {
  tiles: { kernel: kernels.matmulTiles, rows: 64, columns: 64, tiles: 1 },
  registers: { kernel: kernels.matmulRegisters, rows: 4, columns: 4, tiles: 64 },
  subgroups: { kernel: kernels.matmulSubgroups, rows: 16, columns: 32, tiles: 4 },
} as const satisfies Record<MatmulVariant, object>;

export const lowerMatmul: Lowering<"matmul"> = (node, context) => {
  const { a, b, bias } = node.inputs;
  const { transposeA, transposeB } = node.attributes;
  const y = outputOf(node);
  const k: Rows = transposeA ? a.rows : a.width;
  const variant = VARIANTS[context.matmul];
  const rowTiles: Blocks = { kind: "blocks", rows: y.rows, per: variant.rows };
  return [
    dispatch({
      label: y.label,
      kernel: variant.kernel,
      constants: {
        transposeA: Number(transposeA),
        transposeB: Number(transposeB),
        hasBias: Number(bias !== undefined),
      },
      uniforms: { m: y.rows, n: y.width, k },
      bindings: [read(a), read(b), read(bias ?? b), write(y)],
      groups: [{ counts: [rowTiles, Math.ceil(y.width / variant.columns)], per: variant.tiles }],
      flops: 2 * countRows(y.rows, context.capacities) * y.width * countRows(k, context.capacities),
    }),
  ];
};
