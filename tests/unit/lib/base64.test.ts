/** Arrays of numbers through base64 and back. */
import { expect, it } from "vitest";
import { base64FromFloats, floatsFromBase64 } from "../../../src/lib/base64.ts";

it("brings every bit back, odd numbers included", () => {
  const values = Float32Array.of(0, -0, 1, -1e-38, 3.4e38, Infinity, NaN, 1 / 3);
  expect(floatsFromBase64(base64FromFloats(values))).toEqual(values);
});

it("writes little-endian bytes, as other tools read them", () => {
  // python -c "import base64, struct; print(base64.b64encode(struct.pack('<2f', 1, -2)))"
  expect(base64FromFloats(Float32Array.of(1, -2))).toBe("AACAPwAAAMA=");
});

it("takes a part of a larger array", () => {
  expect(floatsFromBase64(base64FromFloats(Float32Array.of(1, 2, 3, 4).subarray(1, 3)))).toEqual(Float32Array.of(2, 3));
});

it("copes with more numbers than a function has arguments", () => {
  const values = Float32Array.from({ length: 300_000 }, (_, index) => index / 7);
  const back = floatsFromBase64(base64FromFloats(values));
  expect(back).toHaveLength(300_000);
  expect(back.every((value, index) => value === values[index])).toBe(true);
});

it("refuses bytes that are no whole numbers", () => {
  expect(() => floatsFromBase64("AACA")).toThrow("Expected whole 4-byte numbers in base64, got 3 bytes");
});
