/**
 * Seeded random numbers in named streams. Every draw of the studio comes from a stream forked from the run's seed by name,
 * so that adding a draw in one place changes nothing elsewhere.
 */
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

export interface RandomStream {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Standard normal (Box & Muller 1958). */
  normal(): number;
  /** Uniform integer in [0, bound). */
  integer(bound: number): number;
  /** The items in random order (Fisher & Yates); the input is left alone. */
  shuffle<Item>(items: readonly Item[]): Item[];
}

/** The stream of this name for this seed, e.g. `randomStream(1, "order", "epoch 3")`. */
export function randomStream(seed: number, ...names: readonly string[]): RandomStream {
  const generator = xoroshiro128plus(hash(`${seed}/${names.join("/")}`));
  const uniform = (): number => uniformFloat64(generator);
  const integer = (bound: number): number => uniformInt(generator, 0, bound - 1);
  return {
    uniform,
    integer,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    shuffle: (items) => shuffled(items, integer),
  };
}

/** `length` draws from N(0, scale²) as f32. */
export function normalValues(stream: RandomStream, length: number, scale: number): Float32Array {
  return Float32Array.from({ length }, () => stream.normal() * scale);
}

/** `length` draws from U(−bound, bound) as f32. */
export function uniformValues(stream: RandomStream, length: number, bound: number): Float32Array {
  return Float32Array.from({ length }, () => (2 * stream.uniform() - 1) * bound);
}

function shuffled<Item>(items: readonly Item[], integer: (bound: number) => number): Item[] {
  const result: Item[] = [];
  for (const [index, item] of items.entries()) {
    const place = integer(index + 1);
    const displaced = result[place];
    if (displaced !== undefined) result.push(displaced);
    result[place] = item;
  }
  return result;
}

/** FNV-1a over UTF-16 units with a final avalanche, to 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return value ^ (value >>> 13);
}
