/** Matrix products with their epilogues: one dispatch, or two where the sum is split. */
import { countRows, type Rows, type Tensor } from "../../graph/tensor.ts";
import { alignUp } from "../constants.ts";
import { dispatch, read, type Blocks, type Dispatch } from "../dispatch.ts";
import { storageOf } from "../matmul/accessors.ts";
import type { MatmulChoice } from "../matmul/planner.ts";
import { DEPTH, productKernel, splitKernel, VARIANTS, type ProductStorage } from "../matmul/variants.ts";
import { epilogueBindings, epilogueConstants, type Epilogue } from "./epilogue.ts";
import { outputOf, type Lowering, type LoweringContext } from "./lowering.ts";

/** y = op(a) · op(b), then the epilogue. */
export interface Product {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly y: Tensor;
  readonly epilogue?: Epilogue;
}

export const lowerMatmul: Lowering<"matmul"> = (node, context) => {
  const { a, b, bias } = node.inputs;
  const epilogue = bias === undefined ? {} : { bias };
  return matmulDispatches({ a, b, ...node.attributes, y: outputOf(node), epilogue }, context);
};

/** The dispatches that compute a product and its epilogue. */
export function matmulDispatches(product: Product, context: LoweringContext): readonly Dispatch[] {
  const { a, y, transposeA, transposeB } = product;
  const depth: Rows = transposeA ? a.rows : a.width;
  const m = countRows(y.rows, context.capacities);
  const k = countRows(depth, context.capacities);
  const choice = context.matmul.choose({ m, n: y.width, k, transposeA, transposeB });
  const chunk = alignUp(Math.max(1, Math.ceil(k / choice.parts)), DEPTH);
  const parts: Blocks = { kind: "blocks", rows: depth, per: chunk };
  if (choice.parts === 1) return [productOf(product, choice, { depth, chunk }, context)];
  const sums = context.temporary(`${y.label} in parts`, times(y.rows, Math.ceil(k / chunk)), y.width);
  const { epilogue: _, ...plain } = product;
  return [
    productOf({ ...plain, y: sums }, choice, { depth, chunk, parts, rows: y.rows }, context),
    sumOfParts(product, sums, parts),
  ];
}

interface Sum {
  readonly depth: Rows;
  /** What one part covers of the depth. */
  readonly chunk: number;
  readonly parts?: Blocks;
  /** Rows of one part's result, where y holds several. */
  readonly rows?: Rows;
}

function productOf(product: Product, choice: MatmulChoice, sum: Sum, context: LoweringContext): Dispatch {
  const { a, b, y, transposeA, transposeB, epilogue = {} } = product;
  const { constants, rows, columns, tilesPerGroup, depth } = VARIANTS[choice.variant];
  const m = sum.rows ?? y.rows;
  const rowTiles: Blocks = { kind: "blocks", rows: m, per: rows };
  const storage: ProductStorage = {
    a: storageOf(a.width, context.isHalf(a)),
    b: storageOf(b.width, context.isHalf(b)),
    y: quadsOrValues(y),
    keeps: epilogue.activation?.preActivation !== undefined,
  };
  return dispatch({
    label: y.label,
    kernel: productKernel(choice.variant, storage),
    constants: {
      transposeA: Number(transposeA),
      transposeB: Number(transposeB),
      ragged: Number(typeof sum.depth !== "number" || sum.depth % depth !== 0),
      ...constants,
      ...epilogueConstants(epilogue),
    },
    uniforms: { m, n: y.width, k: sum.depth, chunk: sum.chunk },
    bindings: [read(a), read(b), ...epilogueBindings(epilogue, y, a)],
    groups: [{ counts: [rowTiles, Math.ceil(y.width / columns), sum.parts ?? 1], per: tilesPerGroup }],
    flops: 2 * countRows(m, context.capacities) * y.width * countRows(sum.depth, context.capacities),
  });
}

/** y = the parts of a split sum, added in order, then the epilogue. */
function sumOfParts({ y, epilogue = {} }: Product, sums: Tensor, parts: Blocks): Dispatch {
  const keeps = epilogue.activation?.preActivation !== undefined;
  return dispatch({
    label: y.label,
    kernel: splitKernel({ y: quadsOrValues(y), keeps }),
    constants: epilogueConstants(epilogue),
    uniforms: { m: y.rows, n: y.width, parts },
    bindings: [read(sums), read(sums), ...epilogueBindings(epilogue, y, sums)],
    groups: [{ counts: [y.rows, Math.ceil(y.width / 4)], per: 64 }],
  });
}

function quadsOrValues({ width }: Tensor): ProductStorage["y"] {
  return width % 4 === 0 ? "quads" : "values";
}

function times(rows: Rows, factor: number): Rows {
  if (typeof rows === "number") return rows * factor;
  if (rows.kind === "row-space") return { kind: "row-product", space: rows, times: factor };
  return { ...rows, times: rows.times * factor };
}
