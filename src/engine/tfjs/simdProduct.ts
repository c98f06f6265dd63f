/**
 * A small matrix product in WebAssembly with vector instructions: Y[r, c] = Σ_s W(r, s) · B[s, c], where W may be read
 * transposed. TensorFlow.js' wasm backend has a fast product for two large matrices but a slow one for batches of small ones.
 * The module is written here byte by byte, since it is one loop; its instructions are named as in the WebAssembly standard.
 */

/** Columns that one round of the inner loop computes: two vectors of four. */
export const LANES = 8;

const I32 = 0x7f;
const V128 = 0x7b;
const PARAMETERS = ["w", "wRow", "wSum", "b", "y", "rows", "sums", "width"] as const;
const LOCALS = ["column", "wAt", "bAt", "left"] as const;
const VECTORS = ["first", "second"] as const;

type Name = (typeof PARAMETERS)[number] | (typeof LOCALS)[number] | (typeof VECTORS)[number];
const names: readonly Name[] = [...PARAMETERS, ...LOCALS, ...VECTORS];

const get = (name: Name): number[] => [0x20, names.indexOf(name)];
const set = (name: Name): number[] => [0x21, names.indexOf(name)];
const integer = (value: number): number[] => [0x41, value];
const ADD = 0x6a;
const SUBTRACT = 0x6b;
const LESS = 0x49;
const LOOP = 0x03;
const NO_RESULT = 0x40;
const BRANCH_IF = 0x0d;
const END = 0x0b;
const VECTOR_ADD = [0xfd, 0xe4, 0x01];
const VECTOR_MULTIPLY = [0xfd, 0xe6, 0x01];
const VECTOR_ZERO = [0xfd, 0x0c, ...Array.from({ length: 16 }, () => 0)];
/** v128.load, v128.store and v128.load32_splat, aligned to 4 bytes. */
const load = (offset: number): number[] => [0xfd, 0x00, 0x02, offset];
const store = (offset: number): number[] => [0xfd, 0x0b, 0x02, offset];
const LOAD_SPLAT = [0xfd, 0x09, 0x02, 0x00];
const advance = (name: Name, by: readonly number[]): number[] => [...get(name), ...by, ADD, ...set(name)];
/** Runs the body, then again while the condition holds. */
const repeat = (body: readonly number[], condition: readonly number[]): number[] => [
  LOOP,
  NO_RESULT,
  ...body,
  ...condition,
  BRANCH_IF,
  0,
  END,
];
const countDown = (name: Name): number[] => [...get(name), ...integer(1), SUBTRACT, 0x22, names.indexOf(name)];
const accumulate = (sum: Name, offset: number): number[] => [
  ...get(sum),
  ...get("wAt"),
  ...LOAD_SPLAT,
  ...get("bAt"),
  ...load(offset),
  ...VECTOR_MULTIPLY,
  ...VECTOR_ADD,
  ...set(sum),
];
const storeAt = (sum: Name, offset: number): number[] => [
  ...get("y"),
  ...get("column"),
  ADD,
  ...get(sum),
  ...store(offset),
];

const sumOverInner = repeat(
  [
    ...accumulate("first", 0),
    ...accumulate("second", 16),
    ...advance("wAt", get("wSum")),
    ...advance("bAt", get("width")),
  ],
  countDown("left"),
);
const eachColumn = repeat(
  [
    ...VECTOR_ZERO,
    ...set("first"),
    ...VECTOR_ZERO,
    ...set("second"),
    ...get("w"),
    ...set("wAt"),
    ...get("b"),
    ...get("column"),
    ADD,
    ...set("bAt"),
    ...get("sums"),
    ...set("left"),
    ...sumOverInner,
    ...storeAt("first", 0),
    ...storeAt("second", 16),
    ...advance("column", integer(32)),
  ],
  [...get("column"), ...get("width"), LESS],
);
const eachRow = repeat(
  [...integer(0), ...set("column"), ...eachColumn, ...advance("w", get("wRow")), ...advance("y", get("width"))],
  countDown("rows"),
);

const MAGIC_AND_VERSION = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const section = (id: number, content: readonly number[]): number[] => [id, ...unsigned(content.length), ...content];
const text = (value: string): number[] => [value.length, ...new TextEncoder().encode(value)];

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >> 7)];
}

function moduleBytes(): Uint8Array<ArrayBuffer> {
  const locals = [2, LOCALS.length, I32, VECTORS.length, V128];
  const body = [...locals, ...eachRow, END];
  return Uint8Array.from([
    ...MAGIC_AND_VERSION,
    ...section(1, [1, 0x60, PARAMETERS.length, ...PARAMETERS.map(() => I32), 0]),
    ...section(2, [1, ...text("host"), ...text("memory"), 0x02, 0x00, 0x01]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text("product"), 0x00, 0]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ]);
}

/** A row-major matrix in the module's memory; columns are padded to a multiple of `LANES` with whatever stands there. */
export interface SimdMatrix {
  readonly rows: number;
  readonly stride: number;
  /** Where it begins, in numbers. */
  readonly first: number;
}

export interface SimdProduct {
  /** All numbers of the memory; a view that `reserve` may invalidate. */
  readonly numbers: () => Float32Array;
  /** Makes room for this many numbers. */
  reserve(numbers: number): void;
  /**
   * y = w · b with y [rows, b's columns] and w [rows, sums], or with `transposed` w given as [sums, rows]. All counts are at
   * least 1; b has `sums` rows that are read; columns of y beyond b's own hold what b's padding makes of them.
   */
  multiply(
    w: SimdMatrix,
    b: SimdMatrix,
    y: SimdMatrix,
    size: { rows: number; sums: number; transposed: boolean },
  ): void;
}

const BYTES = Float32Array.BYTES_PER_ELEMENT;
const PAGE = 65_536;

let shared: SimdProduct | undefined;

/** The product, compiled once; undefined where WebAssembly has no vector instructions. */
export function simdProduct(): SimdProduct | undefined {
  const bytes = shared === undefined ? moduleBytes() : undefined;
  if (bytes !== undefined && WebAssembly.validate(bytes)) shared = instantiate(bytes);
  return shared;
}

function instantiate(bytes: Uint8Array<ArrayBuffer>): SimdProduct {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { host: { memory } });
  const { product } = exports;
  if (typeof product !== "function") throw new Error("The WebAssembly module of the small product lacks its function.");
  let numbers = new Float32Array(memory.buffer);
  return {
    numbers: () => numbers,
    reserve(count) {
      const missing = count * BYTES - memory.buffer.byteLength;
      if (missing <= 0) return;
      memory.grow(Math.ceil(missing / PAGE));
      numbers = new Float32Array(memory.buffer);
    },
    multiply(w, b, y, { rows, sums, transposed }) {
      const [wRow, wSum] = transposed ? [1, w.stride] : [w.stride, 1];
      const [wAt, bAt, yAt] = [w.first * BYTES, b.first * BYTES, y.first * BYTES];
      product(wAt, wRow * BYTES, wSum * BYTES, bAt, yAt, rows, sums, b.stride * BYTES);
    },
  };
}
