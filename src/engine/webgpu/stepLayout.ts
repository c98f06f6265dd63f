/**
 * The packed step buffer: everything the host tells the device in one step, written with a single call. Uniform blocks
 * come first, then step inputs, row lists sorted by target, and the optimizer's settings.
 */
import {
  countRows,
  describeRows,
  type IndexInput,
  type RowCounts,
  type Rows,
  type StepInput,
} from "../graph/tensor.ts";
import type { StepValues } from "../executor.ts";
import { ALIGNED_FLOATS, alignUp } from "./constants.ts";
import type { SortedRows } from "./dispatch.ts";

interface InputPlace {
  readonly input: StepInput;
  readonly word: number;
}

interface SortedPlace {
  readonly index: IndexInput;
  readonly targets: Rows;
  readonly starts: number;
  readonly order: number;
}

export class StepLayout {
  readonly #capacities: RowCounts;
  readonly #inputs = new Map<string, InputPlace>();
  readonly #sorted = new Map<string, SortedPlace>();
  #words = 0;
  /** The host's copy, made by `seal`. */
  words = new Int32Array(0);
  floats = new Float32Array(0);

  constructor(capacities: RowCounts) {
    this.#capacities = capacities;
  }

  get bytes(): number {
    return this.words.byteLength;
  }

  /** Reserves words that start at an aligned offset; returns the first one's index. */
  reserve(words: number): number {
    const start = this.#words;
    this.#words += alignUp(Math.max(1, words), ALIGNED_FLOATS);
    return start;
  }

  /** Word offset of a step input. */
  input(input: StepInput): number {
    const known = this.#inputs.get(input.name);
    if (known !== undefined) return known.word;
    const word = this.reserve(lengthOf(input, this.#capacities));
    this.#inputs.set(input.name, { input, word });
    return word;
  }

  /** Word offset of one part of a list of rows sorted by target. */
  sorted({ index, targets, part }: SortedRows): number {
    const key = `${index.name} by ${describeRows(targets)}`;
    const place = this.#sorted.get(key) ?? {
      index,
      targets,
      starts: this.reserve(countRows(targets, this.#capacities) + 1),
      order: this.reserve(countRows(index.rows, this.#capacities)),
    };
    this.#sorted.set(key, place);
    return place[part];
  }

  /** Makes the host's copy once everything is reserved. */
  seal(): void {
    const memory = new ArrayBuffer(Math.max(1, this.#words) * 4);
    this.words = new Int32Array(memory);
    this.floats = new Float32Array(memory);
  }

  /** Copies the step's inputs in. @throws when one is missing, has a wrong length or points outside its targets. */
  pack(values: StepValues): void {
    for (const place of this.#inputs.values()) this.#copy(place, values);
    for (const place of this.#sorted.values()) sortRows(place, values, this.words);
  }

  #copy({ input, word }: InputPlace, { counts, indices, values }: StepValues): void {
    const length = lengthOf(input, counts);
    const given = input.kind === "index" ? entriesOf(input, indices) : values[input.name];
    checkLength(input, given?.length, length);
    if (given === undefined) return;
    if (input.kind === "index") this.words.set(given, word);
    else this.floats.set(given, word);
  }
}

/** The entries of an index input as the caller gave them, or its window on another one's. */
function entriesOf({ name, window }: IndexInput, indices: StepValues["indices"]): Int32Array | undefined {
  if (window === undefined) return indices[name];
  const { of, first, rows } = window;
  return indices[of]?.map((entry) => (entry >= first && entry < first + rows ? entry - first : -1));
}

function lengthOf(input: StepInput, counts: RowCounts): number {
  return countRows(input.rows, counts) + (input.kind === "index" ? input.extra : 0);
}

function checkLength(input: StepInput, given: number | undefined, expected: number): void {
  if (given === expected) return;
  const got = given === undefined ? "nothing" : String(given);
  const type = input.kind === "index" ? "Int32Array" : "Float32Array";
  throw new Error(`The step input "${input.name}" must be an ${type} of length ${expected}, got ${got}.`);
}

/** Counting sort, stable: within a target the rows keep their order. Indices of −1 belong to no target. */
function sortRows(
  { index, targets, starts, order }: SortedPlace,
  { counts, indices }: StepValues,
  words: Int32Array,
): void {
  const list = entriesOf(index, indices) ?? new Int32Array(0);
  const size = countRows(targets, counts);
  words.fill(0, starts, starts + size + 1);
  for (const target of list) {
    if (target >= size || target < -1) {
      throw new Error(`The step input "${index.name}" holds ${target}; it must be −1 or below ${size}.`);
    }
    if (target >= 0) words[starts + target] = (words[starts + target] ?? 0) + 1;
  }
  let end = 0;
  for (let target = 0; target <= size; target++) {
    end += words[starts + target] ?? 0;
    words[starts + target] = end;
  }
  // Filling from the back turns every end into the start and keeps equal targets in order.
  for (let row = list.length - 1; row >= 0; row--) {
    const target = list[row] ?? -1;
    if (target < 0) continue;
    const slot = (words[starts + target] ?? 0) - 1;
    words[starts + target] = slot;
    words[order + slot] = row;
  }
}
