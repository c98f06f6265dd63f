/** Conversion of 16-bit floats, as they stand in weight files, to 32-bit ones. Exact: every f16 and bf16 is an f32. */

/** Every binary16 there is, made on first use: a model has millions of numbers and only 65,536 different ones. */
let halfTable: Float32Array | undefined;

/** IEEE 754 binary16 → f32. */
export function floatsFromHalf(source: Uint16Array): Float32Array {
  const table = (halfTable ??= Float32Array.from({ length: 0x10000 }, (_, bits) => floatFromHalf(bits)));
  const result = new Float32Array(source.length);
  for (let index = 0; index < source.length; index++) result[index] = table[source[index] ?? 0] ?? 0;
  return result;
}

/** bfloat16 is the upper half of an f32. */
export function floatsFromBfloat16(source: Uint16Array): Float32Array {
  const bits = new Uint32Array(source.length);
  for (let index = 0; index < source.length; index++) bits[index] = (source[index] ?? 0) << 16;
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
