/** Matrix products: the variant follows from the adapter, never from the number of rows. */
import { countRows, type Rows } from "../../graph/tensor.ts";
import { dispatch, read, write, type Factor } from "../dispatch.ts";
import { kernels } from "../kernels/index.ts";
import { outputOf, type Lowering, type LoweringContext } from "./lowering.ts";

const TILE = 64;

export const lowerMatmul: Lowering<"matmul"> = (node, context) => {
  const { a, b, bias } = node.inputs;
  const { transposeA, transposeB } = node.attributes;
  const y = outputOf(node);
  const k: Rows = transposeA ? a.rows : a.width;
  const size = { m: y.rows, n: y.width, k };
  return [
    dispatch({
      label: y.label,
      kernel: context.matmul === "tiles" ? kernels.matmulTiles : kernels.matmulRegisters,
      constants: { transposeA: Number(transposeA), transposeB: Number(transposeB), hasBias: Number(bias !== undefined) },
      uniforms: size,
      bindings: [read(a), read(b), read(bias ?? b), write(y)],
      groups: groupsOf(context, y.rows, y.width),
      flops: 2 * countRows(y.rows, context.capacities) * y.width * countRows(k, context.capacities),
    }),
  ];
};

function groupsOf({ matmul }: LoweringContext, m: Rows, n: number): Factor[] {
  if (matmul === "tiles") return [{ counts: [m], per: TILE }, { counts: [n], per: TILE }];
  return [{ counts: [{ kind: "blocks", rows: m, per: 4 }, Math.ceil(n / 4)], per: 64 }];
}
