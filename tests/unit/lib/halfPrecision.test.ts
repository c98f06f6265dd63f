/** 16-bit floats become exactly the 32-bit floats they stand for, and these round to the nearest f16. Bit patterns are IEEE 754's own examples. */
import { describe, expect, it } from "vitest";
import { floatsFromBfloat16, floatsFromHalf, halvesFromFloats } from "../../../src/lib/halfPrecision.ts";

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

describe("f32 to binary16", () => {
  it("gives back every binary16 there is", () => {
    const all = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);
    const back = halvesFromFloats(floatsFromHalf(all));
    const isNan = (bits: number): boolean => (bits & 0x7fff) > 0x7c00;
    expect([...all].filter((bits) => !isNan(bits) && back[bits] !== bits)).toEqual([]);
    expect([...all].filter(isNan).every((bits) => isNan(back[bits] ?? 0))).toBe(true);
  });

  it("rounds to the nearest, ties to even", () => {
    const step = 2 ** -10;
    const given = [1 + 0.5 * step, 1 + 1.5 * step, 1 + 0.51 * step, -1 - 0.49 * step, 1.5 * 2 ** -24, 2.5 * 2 ** -24];
    const expected = [1, 1 + 2 * step, 1 + step, -1, 2 * 2 ** -24, 2 * 2 ** -24];
    expect([...floatsFromHalf(halvesFromFloats(Float32Array.from(given)))]).toEqual(expected);
  });

  it("makes what is too large infinite and what is too small zero", () => {
    const given = Float32Array.of(65519, 65520, -1e30, 2 ** -25, 2 ** -26, -0);
    expect([...floatsFromHalf(halvesFromFloats(given))]).toEqual([65504, Infinity, -Infinity, 0, 0, -0]);
  });
});
