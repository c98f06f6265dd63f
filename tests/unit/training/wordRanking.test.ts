/** Nearest words, worked out by hand in two dimensions. */
import { describe, expect, it } from "vitest";
import { nearestOf, norm, wordTable } from "../../../src/training/inspect/wordRanking.ts";

// Rows: 0 (3, 4), 1 (1, 0), 2 (0, 0), 3 (0, 2), 4 is no word.
const rows = [3, 4, 1, 0, 0, 0, 0, 2, 0.9, 0];
const table = wordTable(Float32Array.from(rows), 2, (id) => id !== 4);

const products = (query: readonly number[]): Float32Array =>
  Float32Array.from(
    { length: 5 },
    (_, id) => (query[0] ?? 0) * (rows[2 * id] ?? 0) + (query[1] ?? 0) * (rows[2 * id + 1] ?? 0),
  );

describe("the nearest words of a vector", () => {
  it("differ by angle and by distance", () => {
    const query = [0.6, 0.8];
    const { byCosine, byDistance } = nearestOf(products(query), Float32Array.from(query), table, { count: 2 });
    expect(byCosine.map(({ id }) => id)).toEqual([0, 3]);
    expect(byCosine[0]?.cosine).toBeCloseTo(1, 7);
    expect(byCosine[1]?.cosine).toBeCloseTo(0.8, 7);
    expect(byDistance.map(({ id }) => id)).toEqual([1, 2]);
    expect(byDistance[0]?.distance).toBeCloseTo(Math.sqrt(0.16 + 0.64), 6);
    expect(byDistance[1]?.distance).toBeCloseTo(1, 6);
  });

  it("leave out the word itself and what is no word", () => {
    const query = [1, 0];
    const { byDistance, byCosine } = nearestOf(products(query), Float32Array.from(query), table, { count: 9, self: 1 });
    expect(byDistance.map(({ id }) => id)).toEqual([2, 3, 0]);
    expect(byCosine.map(({ id }) => id)).toEqual([0, 2, 3]);
  });

  it("are at distance 0 where the vector is a word, also when the products are rounded", () => {
    const large = wordTable(Float32Array.of(1000.1, 999.9, 1000.2, 999.8), 2, () => true);
    const query = Float32Array.of(1000.2, 999.8);
    const rounded = Float32Array.of(2000000, 2000000);
    const { byDistance } = nearestOf(rounded, query, large, { count: 1 });
    expect(byDistance).toMatchObject([{ id: 1, distance: 0 }]);
  });

  it("have cosine 0 with a vector of length 0", () => {
    const { byCosine } = nearestOf(new Float32Array(5), new Float32Array(2), table, { count: 1 });
    expect(byCosine[0]?.cosine).toBe(0);
  });
});

it("measures lengths", () => {
  expect(norm([3, 4])).toBe(5);
  expect([...table.norms].slice(0, 4)).toEqual([5, 1, 0, 2]);
});
