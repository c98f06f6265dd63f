/**
 * The opposite of packing, for measuring what packing saves: every sequence takes as many rows as the longest. The added rows
 * form sequences of their own, which nobody reads, so the same numbers come out.
 */
import type { StepValues } from "../executor.ts";
import type { Graph } from "./graph.ts";
import { stretchesOf, type SequenceLayout } from "./sequences.ts";
import type { RowProduct, RowSpace, StepInput } from "./tensor.ts";

/** Name of the space that attention finds its keys in; undefined without attention, where nothing is padded. */
export function paddedSpaceOf(graph: Graph): string | undefined {
  const rows = graph.nodes.find((node) => node.op === "attention")?.inputs.k.rows;
  return rows === undefined || typeof rows === "number" || rows.kind !== "row-space" ? undefined : rows.name;
}

/** A step whose rows of `space` are padded; it has up to twice as many sequences. */
export function padToLongest(layout: SequenceLayout, values: StepValues, space: string): StepValues {
  const lengths = stretchesOf(layout, values, space).map(({ count }) => count);
  const longest = Math.max(0, ...lengths);
  const added = lengths.map((length) => longest - length).filter((missing) => missing > 0);
  if (added.length === 0) return values;
  const padding: Padding = {
    added,
    rows: added.reduce((sum, rows) => sum + rows, 0),
    sequences: lengths.length,
    space,
  };
  const indices: Record<string, Int32Array> = {};
  const floats: Record<string, Float32Array> = {};
  for (const input of layout.inputs) {
    const index = values.indices[input.name];
    const value = values.values[input.name];
    if (input.kind === "index" && index !== undefined) indices[input.name] = paddedIndex(layout, input, index, padding);
    if (input.kind === "value" && value !== undefined) {
      const extra = rowsAdded(layout, input, padding);
      floats[input.name] = Float32Array.from([...value, ...Array<number>(extra).fill(0)]);
    }
  }
  const counts = {
    ...values.counts,
    [layout.sequences]: lengths.length + added.length,
    [space]: (values.counts[space] ?? 0) + padding.rows,
  };
  return { counts, indices, values: floats };
}

interface Padding {
  /** Rows of each added sequence. */
  readonly added: readonly number[];
  readonly rows: number;
  /** Sequences of the step itself. */
  readonly sequences: number;
  readonly space: string;
}

function paddedIndex(layout: SequenceLayout, input: StepInput, given: Int32Array, padding: Padding): Int32Array {
  const { added, sequences } = padding;
  const role = layout.roles.get(input.name) ?? { kind: "plain" };
  if (role.kind === "offsets") {
    let end = given.at(-1) ?? 0;
    const ends = added.map((rows) => (role.space === padding.space ? (end += rows) : end));
    return Int32Array.from([...given, ...ends]);
  }
  const extra = rowsAdded(layout, input, padding);
  if (extra === 0) return given;
  if (role.kind === "sequence") {
    const isOfSequences = typeof input.rows !== "number" && spaceNameOf(input.rows) === layout.sequences;
    const owned = isOfSequences ? added.map(() => 1) : added;
    return Int32Array.from([...given, ...owned.flatMap((rows, i) => Array<number>(rows).fill(sequences + i))]);
  }
  return Int32Array.from([...given, ...Array<number>(extra).fill(given[0] ?? 0)]);
}

/** Entries that a step input gains. */
function rowsAdded({ sequences }: SequenceLayout, { rows }: StepInput, { rows: added, added: list, space }: Padding) {
  if (typeof rows === "number") return 0;
  const [name, times] = [spaceNameOf(rows), rows.kind === "row-space" ? 1 : rows.times];
  if (name === space) return added * times;
  return name === sequences ? list.length * times : 0;
}

function spaceNameOf(rows: RowSpace | RowProduct): string {
  return rows.kind === "row-space" ? rows.name : rows.space.name;
}
