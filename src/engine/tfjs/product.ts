/**
 * The matrix product with bias that suits the backend. The wasm backend has a fast path only for two matrices as they
 * stand (XNNPACK, packed once per right operand) and is ten times slower with a transpose flag, so there every product,
 * those of the gradient included, is brought into that form. Elsewhere TensorFlow.js' own product and autodiff serve.
 */
import { add, getBackend, matMul, ones, transpose, type Tensor } from "@tensorflow/tfjs-core";
import { savedAt, withGradient } from "./customGradient.ts";

export interface ProductOptions {
  readonly a: Tensor;
  readonly b: Tensor;
  /** [1, N] */
  readonly bias?: Tensor;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Transpose of `b` as it is now; made on demand, and only once for weights that never change. */
  readonly transposedB: () => Tensor;
  readonly needs: { readonly a: boolean; readonly b: boolean; readonly bias: boolean };
}

/** op(a) · op(b) + bias. */
export function product(options: ProductOptions): Tensor {
  if (getBackend() === "wasm") return productInFastForm(options);
  const { a, b, bias, transposeA, transposeB } = options;
  const y = matMul(a, b, transposeA, transposeB);
  return bias === undefined ? y : add(y, bias);
}

function productInFastForm(options: ProductOptions): Tensor {
  const { a, b, bias, transposeA, transposeB, needs } = options;
  const operands = [...(needs.a ? [a] : []), ...(needs.b ? [b] : []), ...(needs.bias && bias ? [bias] : [])];
  if (transposeA && operands.length > 0) {
    throw new Error("The product of a transposed first operand has no gradient rule.");
  }
  return withGradient(operands, () => {
    const left = transposeA ? transpose(a) : a;
    const y = matMul(left, transposeB ? options.transposedB() : b);
    return {
      value: bias === undefined ? y : add(y, bias),
      saved: needs.b ? [a, b] : [],
      gradients: (dy, saved) => gradientsInFastForm(options, dy, saved),
    };
  });
}

function gradientsInFastForm(options: ProductOptions, dy: Tensor, saved: readonly Tensor[]): Tensor[] {
  const { needs, transposeB } = options;
  const gradients: Tensor[] = [];
  const b = needs.b ? savedAt(saved, 1) : options.b;
  if (needs.a) gradients.push(matMul(dy, transposeB ? b : needs.b ? transpose(b) : options.transposedB()));
  if (needs.b) {
    const a = savedAt(saved, 0);
    gradients.push(transposeB ? matMul(transpose(dy), a) : matMul(transpose(a), dy));
  }
  if (needs.bias) gradients.push(matMul(ones([1, dy.shape[0] ?? 0]), dy));
  return gradients;
}
