/**
 * The words of a vocabulary that lie nearest to a vector, by angle and by distance. Candidates come from products in 32 bits,
 * which an executor makes; what is reported of them is computed again in 64 bits, so that a slot that still equals its word
 * is at distance 0.
 */

/** The word embeddings of a model, [V, D]. */
export interface WordTable {
  readonly values: Float32Array;
  readonly width: number;
  /** Euclidean norm of each row. */
  readonly norms: Float64Array;
  /** 1 where a row is a word that may be named; 0 for places that the vocabulary never used. */
  readonly isWord: Uint8Array;
}

export interface Neighbour {
  readonly id: number;
  /** Euclidean. */
  readonly distance: number;
  readonly cosine: number;
}

export interface Neighbours {
  /** Nearest first. */
  readonly byCosine: readonly Neighbour[];
  readonly byDistance: readonly Neighbour[];
}

/** Candidates beyond those asked for, since 32-bit products may swap close ones. */
const spare = 4;

export function wordTable(values: Float32Array, width: number, isWord: (id: number) => boolean): WordTable {
  const rows = values.length / width;
  const norms = new Float64Array(rows);
  const words = new Uint8Array(rows);
  for (let id = 0; id < rows; id++) {
    norms[id] = norm(values.subarray(id * width, (id + 1) * width));
    words[id] = isWord(id) ? 1 : 0;
  }
  return { values, width, norms, isWord: words };
}

/**
 * The `count` nearest words of `query` [D] from its products with all rows, [V]. The row `self` is left out, for a query
 * that is itself a word. A vector of length 0 has cosine 0 with everything.
 */
export function nearestOf(
  products: Float32Array,
  query: Float32Array,
  table: WordTable,
  { count, self = -1 }: { count: number; self?: number },
): Neighbours {
  const { norms, isWord } = table;
  const own = norm(query);
  const [angles, distances] = [new Best(count + spare), new Best(count + spare)];
  for (let id = 0; id < norms.length; id++) {
    if (isWord[id] === 0 || id === self) continue;
    const [product, length] = [products[id] ?? 0, norms[id] ?? 0];
    angles.offer(id, length === 0 || own === 0 ? 0 : product / length);
    distances.offer(id, 2 * product - length * length);
  }
  const exact = (ids: readonly number[]): Neighbour[] => ids.map((id) => neighbour(id, query, table));
  return {
    byCosine: exact(angles.ids)
      .toSorted((a, b) => b.cosine - a.cosine || a.id - b.id)
      .slice(0, count),
    byDistance: exact(distances.ids)
      .toSorted((a, b) => a.distance - b.distance || a.id - b.id)
      .slice(0, count),
  };
}

function neighbour(id: number, query: Float32Array, { values, width, norms }: WordTable): Neighbour {
  let [product, squares] = [0, 0];
  for (let column = 0; column < width; column++) {
    const [a, b] = [query[column] ?? 0, values[id * width + column] ?? 0];
    product += a * b;
    squares += (a - b) ** 2;
  }
  const lengths = norm(query) * (norms[id] ?? 0);
  return { id, distance: Math.sqrt(squares), cosine: lengths === 0 ? 0 : product / lengths };
}

/** Euclidean norm in 64 bits. */
export function norm(vector: ArrayLike<number>): number {
  let squares = 0;
  for (let index = 0; index < vector.length; index++) squares += (vector[index] ?? 0) ** 2;
  return Math.sqrt(squares);
}

/** The ids with the largest scores seen so far, best first. */
class Best {
  readonly ids: number[] = [];
  readonly #scores: number[] = [];
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  offer(id: number, score: number): void {
    const last = this.#scores.length - 1;
    if (last + 1 === this.#size && score <= (this.#scores[last] ?? 0)) return;
    let place = last + 1;
    while (place > 0 && (this.#scores[place - 1] ?? 0) < score) place--;
    this.ids.splice(place, 0, id);
    this.#scores.splice(place, 0, score);
    if (this.ids.length > this.#size) {
      this.ids.pop();
      this.#scores.pop();
    }
  }
}
