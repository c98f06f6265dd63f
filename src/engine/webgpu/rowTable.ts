/** The row counts of a step as numbered slots, so that running a plan needs no lookups by name. */
import { countRows, describeRows, type RowCounts, type Rows } from "../graph/tensor.ts";
import type { Count } from "./dispatch.ts";

export class RowTable {
  readonly #slots = new Map<string, number>();
  readonly #counts: Count[] = [];
  readonly #spaces = new Set<string>();
  readonly #capacities: RowCounts;
  /** The value of each slot in the current step. */
  values = new Uint32Array(0);

  constructor(capacities: RowCounts) {
    this.#capacities = capacities;
  }

  /** The slot that holds this count in every step. */
  slot(count: Count): number {
    const key = describeCount(count);
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const slot = this.#counts.push(count) - 1;
    this.#slots.set(key, slot);
    const space = spaceOf(count);
    if (space !== undefined) this.#spaces.add(space);
    this.values = new Uint32Array(this.#counts.length);
    return slot;
  }

  /** Fills the slots for a step. @throws when a count is missing, not a whole number, or above its capacity. */
  update(counts: RowCounts): void {
    for (const space of this.#spaces) checkCount(space, counts[space], this.#capacities[space] ?? 0);
    for (const [slot, count] of this.#counts.entries()) this.values[slot] = countOf(count, counts);
  }
}

export function countOf(count: Count, counts: RowCounts): number {
  if (typeof count === "number" || count.kind !== "blocks") return countRows(count, counts);
  return Math.ceil(countRows(count.rows, counts) / count.per);
}

function checkCount(space: string, count: number | undefined, capacity: number): void {
  if (count === undefined) throw new Error(`The step gives no row count for "${space}".`);
  if (!Number.isInteger(count) || count < 0)
    throw new Error(`The row count of "${space}" must be a whole number, got ${count}.`);
  if (count > capacity) {
    throw new Error(
      `The step has ${count} rows of "${space}"; the plan was compiled for at most ${capacity}. ` +
        `Compile it with a larger capacity or make the batch smaller.`,
    );
  }
}

function describeCount(count: Count): string {
  if (typeof count === "number" || count.kind !== "blocks") return describeRows(count);
  return `${describeRows(count.rows)}/${count.per}`;
}

function spaceOf(count: Count): string | undefined {
  const rows: Rows = typeof count !== "number" && count.kind === "blocks" ? count.rows : count;
  if (typeof rows === "number") return undefined;
  return rows.kind === "row-space" ? rows.name : rows.space.name;
}
