/**
 * Which example's rows lie where in the frontier's tables. Rows are given out in a ring: a new example takes the place of the
 * oldest ones. Holds no numbers itself.
 */
import type { RowCounts } from "../engine/graph/tensor.ts";

interface Entry {
  readonly first: RowCounts;
  readonly counts: RowCounts;
}

export class FrontierRing {
  readonly #capacities: RowCounts;
  readonly #entries = new Map<string, Entry>();
  /** Next free row by space. */
  readonly #heads: Record<string, number>;

  /** Rows of the tables by space. */
  constructor(capacities: RowCounts) {
    this.#capacities = capacities;
    this.#heads = Object.fromEntries(Object.keys(capacities).map((space) => [space, 0]));
  }

  get size(): number {
    return this.#entries.size;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** First row of an example by space. @throws when it is not there. */
  firstRows(key: string): RowCounts {
    const entry = this.#entries.get(key);
    if (entry === undefined) throw new Error("This example has no rows in the cache.");
    return entry.first;
  }

  /** Gives an example its rows and forgets whichever examples lay there; returns its first rows. */
  place(key: string, counts: RowCounts): RowCounts {
    const first: Record<string, number> = {};
    for (const [space, capacity] of Object.entries(this.#capacities)) {
      const count = counts[space] ?? 0;
      if (count > capacity) throw new Error(`An example of ${count} rows does not fit a cache of ${capacity}.`);
      const head = this.#heads[space] ?? 0;
      const wraps = head + count > capacity;
      if (wraps) this.#forgetWhile((oldest) => (oldest.first[space] ?? 0) >= head);
      first[space] = wraps ? 0 : head;
      this.#heads[space] = first[space] + count;
    }
    const entry = { first, counts };
    this.#forgetWhile((oldest) => overlap(oldest, entry));
    this.#entries.set(key, entry);
    return first;
  }

  /** Rows are given out in turn, so whatever is in the way is the oldest. */
  #forgetWhile(isInTheWay: (oldest: Entry) => boolean): void {
    for (const [key, oldest] of this.#entries) {
      if (!isInTheWay(oldest)) return;
      this.#entries.delete(key);
    }
  }
}

function overlap(a: Entry, b: Entry): boolean {
  return Object.keys(a.first).some((space) => {
    const [from, to] = [a.first[space] ?? 0, b.first[space] ?? 0];
    return from < to + (b.counts[space] ?? 0) && to < from + (a.counts[space] ?? 0);
  });
}
