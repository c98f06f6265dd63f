/**
 * Conversion of 16-bit floats, as they stand in weight files, to 32-bit ones, which is exact: every f16 and bf16 is an f32.
 * And the way back to f16, which rounds.
 */

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

/** The largest finite binary16. */
export const LARGEST_HALF = 65504;

/** f32 → IEEE 754 binary16, to the nearest, ties to even. Magnitudes that round above `LARGEST_HALF` become infinite. */
export function halvesFromFloats(source: Float32Array): Uint16Array {
  const bits = new Uint32Array(source.buffer, source.byteOffset, source.length);
  const result = new Uint16Array(source.length);
  for (let index = 0; index < source.length; index++) result[index] = halfFromBits(bits[index] ?? 0);
  return result;
}

function halfFromBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fff_ffff;
  if (magnitude > 0x7f80_0000) return sign | 0x7e00;
  if (magnitude >= 0x477f_f000) return sign | 0x7c00;
  // 13 bits of the fraction fall away; the exponent's bias shrinks from 127 to 15.
  if (magnitude >= 0x3880_0000) return sign | ((magnitude - 0x3800_0000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  return sign | subnormalHalf(magnitude);
}

/** Below 2⁻¹⁴ halves are multiples of 2⁻²⁴. */
function subnormalHalf(magnitude: number): number {
  const shift = 126 - (magnitude >>> 23);
  if (shift > 24) return 0;
  const fraction = (magnitude & 0x7f_ffff) | 0x80_0000;
  const kept = fraction >>> shift;
  const rest = fraction & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return kept + Number(rest > half || (rest === half && (kept & 1) === 1));
}

function floatFromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
