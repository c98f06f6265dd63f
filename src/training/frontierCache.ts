/**
 * Keeps what the frozen trunk computes for each example, so that steps and evaluations start from there. The rows live in
 * tables on the device; a step only says which of them it needs. Keys are the trunk's own inputs of a sequence (token ids,
 * types, positions), so equal texts share their rows and nothing else can be mistaken for them. A cache belongs to one
 * session: one model, one frontier.
 */
import type { EvaluationPlan, ParameterStore, StepValues } from "../engine/executor.ts";
import { frontierRows, type Frontier } from "../engine/graph/frontier.ts";
import { selectSequences, stretchesOf, type SequenceLayout } from "../engine/graph/sequences.ts";
import type { RowCounts } from "../engine/graph/tensor.ts";
import { FrontierRing } from "./frontierRing.ts";

/** What the cache has done so far. */
export interface CacheReport {
  readonly hits: number;
  readonly misses: number;
  readonly examples: number;
  /** Device memory of the tables. */
  readonly bytes: number;
}

export interface FrontierCacheOptions {
  readonly frontier: Frontier;
  /** Roles of the whole graph's inputs. */
  readonly layout: SequenceLayout;
  readonly trunk: EvaluationPlan;
  /** Sequences that the trunk plan takes at once. */
  readonly trunkSequences: number;
  readonly store: ParameterStore;
  /** Rows of the tables by space. */
  readonly tableRows: RowCounts;
}

export class FrontierCache {
  readonly #options: FrontierCacheOptions;
  /** The trunk's inputs alone, with the whole graph's roles. */
  readonly #layout: SequenceLayout;
  readonly #spaces: readonly string[];
  readonly #ring: FrontierRing;
  #hits = 0;
  #misses = 0;

  constructor(options: FrontierCacheOptions) {
    const { frontier, layout, tableRows } = options;
    this.#options = options;
    this.#layout = { ...layout, inputs: frontier.trunk.inputs };
    this.#spaces = [...new Set(frontier.crossings.map(({ space }) => space.name))];
    this.#ring = new FrontierRing(tableRows);
  }

  get report(): CacheReport {
    const { frontier, tableRows } = this.#options;
    return {
      hits: this.#hits,
      misses: this.#misses,
      examples: this.#ring.size,
      bytes: tableBytes(frontier, tableRows),
    };
  }

  /** The step with the table row of each of its rows; computes first what is not in the tables. */
  async fill(values: StepValues): Promise<StepValues> {
    const sequences = Array.from({ length: values.counts[this.#layout.sequences] ?? 0 }, (_, place) => place);
    const keys = sequences.map((sequence) => keyOf(selectSequences(this.#layout, values, [sequence])));
    const unknown = new Set(keys.filter((key) => !this.#ring.has(key)));
    this.#misses += unknown.size;
    this.#hits += keys.length - unknown.size;
    // Making room may push out another example of the same step, which is then computed once more.
    for (let missing = this.#missing(keys); missing.length > 0; missing = this.#missing(keys)) {
      await this.#compute(values, keys, missing);
    }
    const indices = this.#spaces.map((space) => [frontierRows(space), this.#rowsOf(values, keys, space)] as const);
    return { ...values, indices: { ...values.indices, ...Object.fromEntries(indices) } };
  }

  /** At most one trunk run of sequences that have no rows, each text once. */
  #missing(keys: readonly string[]): number[] {
    const places = new Map<string, number>();
    for (const [place, key] of keys.entries()) if (!this.#ring.has(key) && !places.has(key)) places.set(key, place);
    return [...places.values()].slice(0, this.#options.trunkSequences);
  }

  async #compute(values: StepValues, keys: readonly string[], missing: readonly number[]): Promise<void> {
    const { frontier, trunk, store } = this.#options;
    const outputs = await trunk.run(selectSequences(this.#layout, values, missing));
    const counts = new Map(this.#spaces.map((space) => [space, this.#counts(values, space, missing)]));
    const first = missing.map((sequence, place) => {
      const own = this.#spaces.map((space) => [space, counts.get(space)?.[place] ?? 0] as const);
      return this.#ring.place(keys[sequence] ?? "", Object.fromEntries(own));
    });
    for (const { table, space, tensor } of frontier.crossings) {
      const rows = outputs.get(table);
      if (rows === undefined) throw new Error(`The trunk has no output "${table}".`);
      for (const { from, to, count } of runsOf(counts.get(space.name) ?? [], first, space.name)) {
        store.writeRows(table, to, rows.subarray(from * tensor.width, (from + count) * tensor.width));
      }
    }
  }

  /** Rows of the chosen sequences in a space. */
  #counts(values: StepValues, space: string, chosen: readonly number[]): number[] {
    const stretches = stretchesOf(this.#layout, values, space);
    return chosen.map((sequence) => stretches[sequence]?.count ?? 0);
  }

  #rowsOf(values: StepValues, keys: readonly string[], space: string): Int32Array {
    const rows = new Int32Array(values.counts[space] ?? 0);
    for (const [sequence, { first, count }] of stretchesOf(this.#layout, values, space).entries()) {
      const start = this.#ring.firstRows(keys[sequence] ?? "")[space] ?? 0;
      for (let row = 0; row < count; row++) rows[first + row] = start + row;
    }
    return rows;
  }
}

/** Device memory of tables with these rows. */
export function tableBytes({ crossings }: Frontier, tableRows: RowCounts): number {
  return crossings.reduce((sum, { space, tensor }) => sum + 4 * (tableRows[space.name] ?? 0) * tensor.width, 0);
}

/** Everything the trunk reads of one sequence. */
function keyOf({ indices, values }: StepValues): string {
  const parts = [...Object.entries(indices), ...Object.entries(values)];
  return parts.map(([name, numbers]) => `${name}:${numbers.join()}`).join(";");
}

interface Run {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Where the rows of sequences that lie end to end go; neighbours that stay neighbours are moved together. */
function runsOf(counts: readonly number[], first: readonly RowCounts[], space: string): Run[] {
  const runs: Run[] = [];
  let from = 0;
  for (const [place, count] of counts.entries()) {
    const to = first[place]?.[space] ?? 0;
    const last = runs.at(-1);
    if (last !== undefined && last.to + last.count === to)
      runs[runs.length - 1] = { ...last, count: last.count + count };
    else runs.push({ from, to, count });
    from += count;
  }
  return runs;
}
