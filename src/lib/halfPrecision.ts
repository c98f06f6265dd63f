/** Conversion of 16-bit floats, as they stand in weight files, to 32-bit ones. Exact: every f16 and bf16 is an f32. */

/** IEEE 754 binary16 → f32. */
export function floatsFromHalf(source: Uint16Array): Float32Array {
  const result = new Float32Array(source.length);
  for (const [index, bits] of source.entries()) result[index] = floatFromHalf(bits);
  return result;
}

/** bfloat16 is the upper half of an f32. */
export function floatsFromBfloat16(source: Uint16Array): Float32Array {
  const bits = new Uint32Array(source.length);
  for (const [index, half] of source.entries()) bits[index] = half << 16;
  return new Float32Array(bits.buffer);
}

function floatFromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
