/** 16-bit floats become exactly the 32-bit floats they stand for. Bit patterns are IEEE 754's own examples. */
import { expect, it } from "vitest";
import { floatsFromBfloat16, floatsFromHalf } from "../../../src/lib/halfPrecision.ts";

it.each([
  ["zero", 0x0000, 0],
  ["minus zero", 0x8000, -0],
  ["one", 0x3c00, 1],
  ["the number after one", 0x3c01, 1 + 2 ** -10],
  ["minus two", 0xc000, -2],
  ["the largest number", 0x7bff, 65504],
  ["the smallest normal number", 0x0400, 2 ** -14],
  ["the largest subnormal number", 0x03ff, 2 ** -14 - 2 ** -24],
  ["the smallest subnormal number", 0x0001, 2 ** -24],
  ["infinity", 0x7c00, Infinity],
  ["minus infinity", 0xfc00, -Infinity],
  ["not a number", 0x7e00, NaN],
])("reads %s of binary16", (_name, bits, value) => {
  expect(floatsFromHalf(Uint16Array.of(bits))[0]).toBe(value);
});

it.each([
  ["zero", 0x0000, 0],
  ["minus zero", 0x8000, -0],
  ["one", 0x3f80, 1],
  ["the number after one", 0x3f81, 1 + 2 ** -7],
  ["minus two", 0xc000, -2],
  ["the largest number", 0x7f7f, 2 ** 128 - 2 ** 120],
  ["a subnormal number", 0x0001, 2 ** -133],
  ["infinity", 0x7f80, Infinity],
  ["not a number", 0x7fc0, NaN],
])("reads %s of bfloat16", (_name, bits, value) => {
  expect(floatsFromBfloat16(Uint16Array.of(bits))[0]).toBe(value);
});

it("reads every binary16 as a number that an f32 holds exactly, ascending with its bits", () => {
  const positive = floatsFromHalf(Uint16Array.from({ length: 0x7c00 }, (_, bits) => bits));
  expect(positive.every((value, index) => index === 0 || value > (positive[index - 1] ?? Infinity))).toBe(true);
});
