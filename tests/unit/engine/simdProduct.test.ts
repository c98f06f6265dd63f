/** The vectorised product against sums in f64, plain and transposed, and after its memory has moved. */
import { expect, it } from "vitest";
import { LANES, simdProduct, type SimdMatrix } from "../../../src/engine/tfjs/simdProduct.ts";
import { normalValues, randomStream } from "../../../src/lib/random.ts";

const simd = simdProduct();
if (simd === undefined) throw new Error("Expected Node to have vector instructions in WebAssembly.");
const { reserve, numbers, multiply } = simd;

function place(matrix: SimdMatrix, name: string): void {
  const { rows, stride, first } = matrix;
  numbers().set(normalValues(randomStream(1, "simd", name), rows * stride, 1), first);
}

it.each([
  [1, 1, 8, false],
  [5, 7, 16, false],
  [5, 7, 24, true],
  [63, 33, 64, true],
])("%i rows, sums of %i, %i columns, transposed: %s", (rows, sums, columns, transposed) => {
  expect(columns % LANES).toBe(0);
  const w = { rows: transposed ? sums : rows, stride: (transposed ? rows : sums) + 3, first: 5 };
  const b = { rows: sums, stride: columns, first: w.first + w.rows * w.stride };
  const y = { rows, stride: columns, first: b.first + sums * columns };
  reserve(y.first + rows * columns + 100_000);
  place(w, "w");
  place(b, "b");
  multiply(w, b, y, { rows, sums, transposed });
  const at = (matrix: SimdMatrix, row: number, column: number): number =>
    numbers()[matrix.first + row * matrix.stride + column] ?? Number.NaN;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let inner = 0; inner < sums; inner++) {
        sum += at(w, transposed ? inner : row, transposed ? row : inner) * at(b, inner, column);
      }
      expect(Math.abs(at(y, row, column) - sum)).toBeLessThan(1e-5 * sums);
    }
  }
});
