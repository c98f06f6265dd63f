/**
 * Places every intermediate tensor of a plan in memory by its lifetime.
 *
 * WebGPU tracks usage per buffer: one dispatch must not read and write the same buffer. The arena is therefore several
 * buffers (colours), and a tensor is never placed in a colour that the dispatch which writes it also reads.
 */
import { countRows, type RowCounts, type Tensor } from "../graph/tensor.ts";
import { ALIGNMENT, alignUp } from "./constants.ts";
import type { Dispatch } from "./dispatch.ts";

export interface Place {
  readonly colour: number;
  readonly offset: number;
  readonly size: number;
}

/** Where each tensor lies and how large each colour is, in bytes. */
export interface ArenaLayout {
  readonly places: ReadonlyMap<Tensor, Place>;
  readonly colours: readonly number[];
}

export interface ArenaRequest {
  readonly dispatches: readonly Dispatch[];
  readonly capacities: RowCounts;
  /** Tensors that have a home elsewhere: parameters, and gradients written in place. */
  readonly external: (tensor: Tensor) => boolean;
  /** Tensors that must still be readable when the plan has run. */
  readonly kept: ReadonlySet<Tensor>;
  readonly maxColourBytes: number;
}

interface Range {
  offset: number;
  size: number;
}

/** One buffer to be: its size so far and the holes in it, in order of offset. */
class Colour {
  readonly pool: string | undefined;
  size = 0;
  readonly #free: Range[] = [];

  constructor(pool: string | undefined) {
    this.pool = pool;
  }

  /** Bytes by which the colour would grow to take `size` more. */
  growth(size: number): number {
    return this.#hole(size) === undefined ? size - this.#tail() : 0;
  }

  take(size: number): number {
    const hole = this.#hole(size);
    if (hole !== undefined) {
      const { offset } = hole;
      hole.offset += size;
      hole.size -= size;
      if (hole.size === 0) this.#free.splice(this.#free.indexOf(hole), 1);
      return offset;
    }
    const offset = this.size - this.#tail();
    if (offset < this.size) this.#free.pop();
    this.size = offset + size;
    return offset;
  }

  release(range: Range): void {
    const index = this.#free.findIndex((hole) => hole.offset > range.offset);
    const at = index < 0 ? this.#free.length : index;
    this.#free.splice(at, 0, { ...range });
    this.#join(at);
    if (at > 0) this.#join(at - 1);
  }

  #join(at: number): void {
    const left = this.#free[at];
    const right = this.#free[at + 1];
    if (left === undefined || right === undefined || left.offset + left.size !== right.offset) return;
    left.size += right.size;
    this.#free.splice(at + 1, 1);
  }

  /** The smallest hole that fits. */
  #hole(size: number): Range | undefined {
    const fitting = this.#free.filter((hole) => hole.size >= size);
    return fitting.toSorted((a, b) => a.size - b.size || a.offset - b.offset)[0];
  }

  /** Bytes of the hole that ends where the colour ends. */
  #tail(): number {
    const last = this.#free.at(-1);
    return last !== undefined && last.offset + last.size === this.size ? last.size : 0;
  }
}

/** Places all tensors that the dispatches write. */
export function layoutArena(request: ArenaRequest): ArenaLayout {
  const { dispatches, external, kept } = request;
  const lastUse = lastUses(dispatches, kept);
  const pools = poolsOf(dispatches);
  const colours: Colour[] = [];
  const places = new Map<Tensor, Place>();
  for (const [step, dispatch] of dispatches.entries()) {
    const reads = tensorsOf(dispatch, "read").filter((tensor) => !external(tensor));
    const readColours = new Set(reads.map((tensor) => placeOf(places, tensor).colour));
    const outputs = tensorsOf(dispatch, "write").filter((tensor) => !external(tensor) && !places.has(tensor));
    for (const siblings of groupByPool(outputs, pools))
      placeSiblings(siblings, { forbidden: readColours, pools }, colours, places, request);
    for (const tensor of tensorsEndingAt(lastUse, step, dispatch)) {
      const place = places.get(tensor);
      if (place !== undefined) colours[place.colour]?.release(place);
    }
  }
  return { places, colours: colours.map((colour) => colour.size) };
}

/** Outputs of one dispatch go to one colour, where a single binding can cover them. */
function placeSiblings(
  siblings: readonly Tensor[],
  { forbidden, pools }: { forbidden: ReadonlySet<number>; pools: ReadonlyMap<Tensor, string> },
  colours: Colour[],
  places: Map<Tensor, Place>,
  { capacities, maxColourBytes }: ArenaRequest,
): void {
  const [first] = siblings;
  if (first === undefined) return;
  const sizes = siblings.map((tensor) => tensorBytes(tensor, capacities));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const index = pick(colours, forbidden, pools.get(first), total, maxColourBytes);
  for (const [i, tensor] of siblings.entries()) {
    const size = sizes[i] ?? 0;
    places.set(tensor, { colour: index, offset: colours[index]?.take(size) ?? 0, size });
  }
}

/** Tensors of one pool share a colour that nothing else enters, so that one binding can cover several of them. */
function poolsOf(dispatches: readonly Dispatch[]): Map<Tensor, string> {
  const pools = new Map<Tensor, string>();
  for (const binding of dispatches.flatMap(({ bindings }) => bindings)) {
    if (binding.kind !== "tensors" || binding.pool === undefined) continue;
    for (const tensor of binding.tensors) {
      const known: string = pools.get(tensor) ?? binding.pool;
      if (known !== binding.pool)
        throw new Error(`"${tensor.label}" cannot lie with the ${known} and the ${binding.pool}.`);
      pools.set(tensor, known);
    }
  }
  return pools;
}

function groupByPool(tensors: readonly Tensor[], pools: ReadonlyMap<Tensor, string>): Tensor[][] {
  const groups = new Map<string | undefined, Tensor[]>();
  for (const tensor of tensors) {
    const pool = pools.get(tensor);
    groups.set(pool, [...(groups.get(pool) ?? []), tensor]);
  }
  return [...groups.values()];
}

/** Tensors that a dispatch binds with this access. */
export function tensorsOf(dispatch: Dispatch, access: "read" | "write"): Tensor[] {
  return dispatch.bindings.flatMap((binding) =>
    binding.kind === "tensors" && binding.access === access ? binding.tensors : [],
  );
}

/** Bytes of a tensor at full capacity, rounded up to the alignment of bindings. */
export function tensorBytes(tensor: Tensor, capacities: RowCounts): number {
  return alignUp(Math.max(1, countRows(tensor.rows, capacities) * tensor.width) * 4, ALIGNMENT);
}

function lastUses(dispatches: readonly Dispatch[], kept: ReadonlySet<Tensor>): Map<Tensor, number> {
  const last = new Map<Tensor, number>();
  for (const [step, dispatch] of dispatches.entries()) {
    for (const access of ["read", "write"] as const) {
      for (const tensor of tensorsOf(dispatch, access)) last.set(tensor, kept.has(tensor) ? dispatches.length : step);
    }
  }
  return last;
}

function tensorsEndingAt(lastUse: ReadonlyMap<Tensor, number>, step: number, dispatch: Dispatch): Set<Tensor> {
  const touched = [...tensorsOf(dispatch, "read"), ...tensorsOf(dispatch, "write")];
  return new Set(touched.filter((tensor) => lastUse.get(tensor) === step));
}

/** The allowed colour that grows least, or a new one. */
function pick(
  colours: Colour[],
  forbidden: ReadonlySet<number>,
  pool: string | undefined,
  size: number,
  maxBytes: number,
): number {
  const allowed = [...colours.entries()]
    .filter(
      ([index, colour]) =>
        !forbidden.has(index) && colour.pool === pool && colour.size + colour.growth(size) <= maxBytes,
    )
    .toSorted(([i, a], [j, b]) => a.growth(size) - b.growth(size) || i - j);
  const [best] = allowed;
  return best === undefined ? colours.push(new Colour(pool)) - 1 : best[0];
}

function placeOf(places: ReadonlyMap<Tensor, Place>, tensor: Tensor): Place {
  const place = places.get(tensor);
  if (place === undefined) throw new Error(`"${tensor.label}" is read before anything computes it.`);
  return place;
}
