/** The matrices of one sequence and head while `packedAttention` works on them, and how rows come in and go out. */
import type { AttentionSizes } from "../attentionLayout.ts";
import { LANES, type SimdMatrix, type SimdProduct } from "../simdProduct.ts";
import type { OperandPlace, OperandPlaces } from "./operandPlaces.ts";

/** One sequence and head: how many queries it has and how many keys, prompt included. */
export interface Block {
  readonly sequence: number;
  readonly head: number;
  readonly queries: number;
  readonly keys: number;
}

/** `…Across` are transposed, one column per key. */
type Name = "queries" | "above" | "result" | KeyMatrix | "probabilities" | "slopes";
type KeyMatrix = "keys" | "values" | "keysAcross" | "valuesAcross" | "keysChange" | "valuesChange";

export class AttentionWorkspace {
  readonly #sizes: AttentionSizes;
  readonly #simd: SimdProduct;
  readonly #numbers: Float32Array;
  readonly #matrices: Readonly<Record<Name, SimdMatrix>>;

  constructor(sizes: AttentionSizes, simd: SimdProduct) {
    const { matrices, total } = layOut(sizes);
    simd.reserve(total);
    this.#sizes = sizes;
    this.#simd = simd;
    this.#matrices = matrices;
    this.#numbers = simd.numbers();
  }

  /** y = w · b, or wᵀ · b. */
  multiply(w: Name, b: Name, y: Name, { rows, sums, transposed = false }: Product): void {
    const { [w]: left, [b]: right, [y]: result } = this.#matrices;
    this.#simd.multiply(left, right, result, { rows, sums, transposed });
  }

  /** The first numbers of a row, to read and to write. */
  row(name: Name, row: number, count: number): Float32Array {
    const { first, stride } = this.#matrices[name];
    return this.#numbers.subarray(first + row * stride, first + row * stride + count);
  }

  loadQueries(place: OperandPlace, block: Block, into: Name): void {
    this.#eachQuery(place, block, into, (values, at, own, width) => own.set(values.subarray(at, at + width)));
  }

  storeQueries(place: OperandPlace, block: Block, from: Name): void {
    this.#eachQuery(place, block, from, (values, at, own) => values.set(own, at));
  }

  addQueries(place: OperandPlace, block: Block, from: Name): void {
    this.#eachQuery(place, block, from, addAt);
  }

  /** Keys and values of the prompt, then of the sequence; into the `…Across` matrices transposed. */
  loadKeys(places: OperandPlaces, block: Block, into: Record<"keys" | "values", KeyMatrix>): void {
    this.#eachKey(places, block, (values, at, key, kind) => {
      const { first, stride } = this.#matrices[into[kind]];
      const { headWidth } = this.#sizes.node.attributes;
      const [rowStep, columnStep] = into[kind].endsWith("Across") ? [1, stride] : [stride, 1];
      let to = first + key * rowStep;
      for (let column = 0; column < headWidth; column++) {
        this.#numbers[to] = values[at + column] ?? 0;
        to += columnStep;
      }
    });
  }

  /** Adds the change of keys and values to where they came from. */
  addKeys(places: OperandPlaces, block: Block, from: Record<"keys" | "values", KeyMatrix>): void {
    const { headWidth } = this.#sizes.node.attributes;
    this.#eachKey(places, block, (values, at, key, kind) => addAt(values, at, this.row(from[kind], key, headWidth)));
  }

  copyProbabilities({ queries }: Block): Float32Array {
    const { first, stride } = this.#matrices.probabilities;
    return this.#numbers.slice(first, first + queries * stride);
  }

  setProbabilities(values: Float32Array): void {
    this.#numbers.set(values, this.#matrices.probabilities.first);
  }

  #eachQuery(
    { values, stride, first }: OperandPlace,
    { sequence, head, queries }: Block,
    name: Name,
    visit: (values: Float32Array, at: number, own: Float32Array, width: number) => void,
  ): void {
    const { queryOffsets, node } = this.#sizes;
    const { headWidth } = node.attributes;
    const start = (queryOffsets[sequence] ?? 0) * stride + first + head * headWidth;
    for (let query = 0; query < queries; query++) {
      visit(values, start + query * stride, this.row(name, query, headWidth), headWidth);
    }
  }

  /** Query heads of one group share a key/value head. */
  #eachKey(
    { k, v, promptKeys, promptValues }: OperandPlaces,
    { sequence, head, keys }: Block,
    visit: (values: Float32Array, at: number, key: number, kind: "keys" | "values") => void,
  ): void {
    const { node, set, keyOffsets } = this.#sizes;
    const { heads, keyValueHeads, headWidth, promptLength } = node.attributes;
    const column = Math.floor((head * keyValueHeads) / heads) * headWidth;
    const run = (place: OperandPlace, row: number, key: number, kind: "keys" | "values"): void =>
      visit(place.values, row * place.stride + place.first + column, key, kind);
    for (let key = 0; key < keys; key++) {
      const slot = key < promptLength;
      const row = slot ? (set[sequence] ?? 0) * promptLength + key : (keyOffsets[sequence] ?? 0) + key - promptLength;
      run(slot ? promptKeys : k, row, key, "keys");
      run(slot ? promptValues : v, row, key, "values");
    }
  }
}

interface Product {
  readonly rows: number;
  readonly sums: number;
  readonly transposed?: boolean;
}

function addAt(values: Float32Array, at: number, change: Float32Array): void {
  for (let column = 0; column < change.length; column++) {
    values[at + column] = (values[at + column] ?? 0) + (change[column] ?? 0);
  }
}

/** Room for the longest sequence. */
function layOut({ node, queryLength, keyLength }: AttentionSizes) {
  const padded = (count: number): number => Math.ceil(count / LANES) * LANES;
  const width = padded(node.attributes.headWidth);
  const keys = padded(keyLength);
  let total = 0;
  const matrix = (rows: number, stride: number): SimdMatrix => {
    const first = total;
    total += rows * stride;
    return { rows, stride, first };
  };
  const matrices: Record<Name, SimdMatrix> = {
    queries: matrix(queryLength, width),
    above: matrix(queryLength, width),
    result: matrix(queryLength, width),
    keys: matrix(keyLength, width),
    values: matrix(keyLength, width),
    keysChange: matrix(keyLength, width),
    valuesChange: matrix(keyLength, width),
    keysAcross: matrix(width, keys),
    valuesAcross: matrix(width, keys),
    probabilities: matrix(queryLength, keys),
    slopes: matrix(queryLength, keys),
  };
  return { matrices, total };
}
