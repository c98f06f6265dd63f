/** op(a) · op(b) + bias; how it is computed depends on the backend (`product`). */
import type { Tensor } from "@tensorflow/tfjs-core";
import type { MatmulNode } from "../../graph/operations/matmul.ts";
import type { ForwardPass } from "../forwardPass.ts";
import { product } from "../product.ts";

/** [M, N] */
export function matmul({ inputs, attributes }: MatmulNode, pass: ForwardPass): Tensor[] {
  const { a, b, bias } = inputs;
  return [
    product({
      a: pass.tensor(a),
      b: pass.tensor(b),
      ...(bias === undefined ? {} : { bias: pass.tensor(bias) }),
      transposedB: () => pass.transposed(b),
      ...attributes,
      needs: { a: pass.needs(a), b: pass.needs(b), bias: pass.needs(bias) },
    }),
  ];
}
