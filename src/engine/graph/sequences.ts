/**
 * How a step's inputs fall into sequences, read from the graph alone, so that a step can be cut: into micro-batches, into
 * the sequences a cache does not know yet, into one sequence as a key. Nothing here knows what the rows mean to a task.
 */
import type { StepValues } from "../executor.ts";
import type { Graph } from "./graph.ts";
import { stepInputsOf } from "./operation.ts";
import type { GraphNode } from "./operations/index.ts";
import type { IndexInput, Rows, RowSpace, StepInput, Tensor } from "./tensor.ts";

/** What the numbers of a step input are: values of their own, or places that move when sequences are left out. */
type Role =
  | { readonly kind: "plain" }
  | { readonly kind: "offsets"; readonly space: string }
  | { readonly kind: "sequence" }
  /** `times` rows of each row of the space. */
  | { readonly kind: "row"; readonly space: string; readonly times: number };

export interface SequenceLayout {
  /** Name of the row space with one row per sequence. */
  readonly sequences: string;
  readonly inputs: readonly StepInput[];
  readonly roles: ReadonlyMap<string, Role>;
}

/** @throws when the graph has no sequences, or an input whose meaning is not known here. */
export function sequenceLayout(graph: Graph): SequenceLayout {
  const roles = new Map<string, Role>();
  const owners = new Set<string>();
  for (const node of graph.nodes.slice(0, graph.forwardNodes)) {
    for (const [input, role] of rolesIn(node)) {
      const known = roles.get(input.name);
      if (known !== undefined && JSON.stringify(known) !== JSON.stringify(role)) {
        throw new Error(`The step input "${input.name}" is used in two meanings, ${known.kind} and ${role.kind}.`);
      }
      roles.set(input.name, role);
      if (role.kind === "offsets") owners.add(spaceOf(input.rows)?.name ?? "");
    }
  }
  for (const input of graph.inputs) {
    // Offsets that no node reads still have to fit the step: those of a space that attention never asks from.
    if (input.kind !== "index" || input.extra === 0 || roles.has(input.name)) continue;
    roles.set(input.name, { kind: "offsets", space: input.name.replace(/\.offsets$/, "") });
  }
  const [sequences] = owners;
  if (sequences === undefined || owners.size > 1) {
    throw new Error(`Expected one space of sequences in the graph, got ${owners.size}. Train with whole batches.`);
  }
  return { sequences, inputs: graph.inputs, roles };
}

function rolesIn(node: GraphNode): [IndexInput, Role][] {
  switch (node.op) {
    case "attention": {
      const { queryOffsets, querySequence, keyOffsets, keySequence, set } = node.indices;
      return [
        ...spanRoles(queryOffsets, querySequence, node.inputs.q),
        ...spanRoles(keyOffsets, keySequence, node.inputs.k),
        ...(set === undefined ? [] : [[set, setRole(node.inputs.prompt)] satisfies [IndexInput, Role]]),
      ];
    }
    case "gather":
      return node.indices.indices.map((index, k) => [index, gatherRole(node.inputs.tables[k])]);
    case "dropout": {
      const { key, example, position } = node.indices;
      // An example keeps the number it has in the whole step, and so its mask.
      return [key, example, position].map((input): [IndexInput, Role] => [input, { kind: "plain" }]);
    }
    case "crossEntropy":
      return [[node.indices.labels, { kind: "plain" }]];
    case "segmentCrossEntropy": {
      const { offsets, sequence, labels } = node.indices;
      return [
        [offsets, { kind: "offsets", space: spaceName(node.inputs.logits) }],
        [sequence, { kind: "sequence" }],
        [labels, { kind: "plain" }],
      ];
    }
    default:
      for (const input of stepInputsOf(node)) {
        if (input.kind !== "index") continue;
        throw new Error(`The step input "${input.name}" of a ${node.op} cannot be cut into sequences.`);
      }
      return [];
  }
}

/** Rows that stand once for all sequences stay as they are. */
function spanRoles(offsets: IndexInput, sequence: IndexInput, rows: Tensor): [IndexInput, Role][] {
  if (typeof rows.rows === "number") {
    return [
      [offsets, { kind: "plain" }],
      [sequence, { kind: "plain" }],
    ];
  }
  return [
    [offsets, { kind: "offsets", space: spaceName(rows) }],
    [sequence, { kind: "sequence" }],
  ];
}

/** Prompt sets that stand for good are named by number; where every sequence has one of its own, by that. */
function setRole(prompt: Tensor | undefined): Role {
  return prompt === undefined || spaceOf(prompt.rows) === undefined ? { kind: "plain" } : { kind: "sequence" };
}

/** An index into computed rows of a space moves with them; one into a table of fixed rows does not. */
function gatherRole(table: Tensor | undefined): Role {
  const space = table === undefined ? undefined : spaceOf(table.rows);
  if (table === undefined || space === undefined) return { kind: "plain" };
  return { kind: "row", space: space.name, times: timesOf(table.rows) };
}

function spaceOf(rows: Rows): RowSpace | undefined {
  if (typeof rows === "number") return undefined;
  return rows.kind === "row-space" ? rows : rows.space;
}

function spaceName(tensor: Tensor): string {
  const space = spaceOf(tensor.rows);
  if (space === undefined) throw new Error(`"${tensor.label}" lies in no row space, so it has no sequences.`);
  return space.name;
}

/** Rows of one sequence in a space: the first one and how many. */
export interface Stretch {
  readonly first: number;
  readonly count: number;
}

/** The rows of every sequence in a space. @throws when the step does not say where sequences begin there. */
export function stretchesOf({ sequences, roles }: SequenceLayout, values: StepValues, space: string): Stretch[] {
  const count = values.counts[sequences] ?? 0;
  if (space === sequences) return Array.from({ length: count }, (_, first) => ({ first, count: 1 }));
  const named = [...roles].find(([, role]) => role.kind === "offsets" && role.space === space)?.[0];
  const offsets = values.indices[named ?? `${space}.offsets`];
  if (offsets === undefined) throw new Error(`The step does not say how the rows of "${space}" fall into sequences.`);
  return Array.from({ length: count }, (_, sequence) => {
    const first = offsets[sequence] ?? 0;
    return { first, count: (offsets[sequence + 1] ?? first) - first };
  });
}

/** The step of the chosen sequences alone, in the given order; places inside it are counted anew. */
export function selectSequences(layout: SequenceLayout, values: StepValues, chosen: readonly number[]): StepValues {
  const spaces = new Map(spacesOf(layout).map((space) => [space, cut(layout, values, space, chosen)]));
  const stretches = (space: string): Cut => {
    const found = spaces.get(space);
    if (found === undefined) throw new Error(`The row space "${space}" is not part of the graph.`);
    return found;
  };
  const indices: Record<string, Int32Array> = {};
  const taken: Record<string, Float32Array> = {};
  for (const input of layout.inputs) {
    if (input.kind === "index") {
      const given = values.indices[input.name];
      if (given !== undefined) indices[input.name] = selectIndex(layout, input, given, stretches);
      continue;
    }
    const given = values.values[input.name];
    const space = spaceOf(input.rows);
    if (given === undefined) continue;
    if (space === undefined) taken[input.name] = given;
    else taken[input.name] = Float32Array.from(pieces(given, stretches(space.name), timesOf(input.rows)).flat());
  }
  const counts = Object.fromEntries([...spaces].map(([space, { total }]) => [space, total]));
  return { counts, indices, values: taken };
}

/** Chosen stretches of a space, as they were and as they are after the cut. */
interface Cut {
  readonly from: readonly Stretch[];
  readonly starts: readonly number[];
  readonly total: number;
}

function cut(layout: SequenceLayout, values: StepValues, space: string, chosen: readonly number[]): Cut {
  const all = stretchesOf(layout, values, space);
  const from = chosen.map((sequence) => all[sequence] ?? { first: 0, count: 0 });
  let total = 0;
  const starts = from.map(({ count }) => (total += count) - count);
  return { from, starts, total };
}

function spacesOf({ inputs, roles, sequences }: SequenceLayout): string[] {
  const own = inputs.flatMap(({ rows }) => spaceOf(rows)?.name ?? []);
  const named = [...roles.values()].flatMap((role) => ("space" in role ? [role.space] : []));
  return [...new Set([sequences, ...own, ...named])];
}

function selectIndex(
  { roles }: SequenceLayout,
  { name, rows }: IndexInput,
  given: Int32Array,
  stretches: (space: string) => Cut,
): Int32Array {
  const role = roles.get(name) ?? { kind: "plain" };
  const space = spaceOf(rows);
  if (role.kind === "offsets") {
    const { starts, total } = stretches(role.space);
    return Int32Array.from([...starts, total]);
  }
  if (space === undefined) return given;
  const parts = pieces(given, stretches(space.name), timesOf(rows));
  switch (role.kind) {
    case "plain":
      return Int32Array.from(parts.flat());
    case "sequence":
      return Int32Array.from(parts.flatMap((part, ordinal) => part.map(() => ordinal)));
    case "row": {
      const { from, starts } = stretches(role.space);
      const moved = (row: number, ordinal: number): number =>
        row < 0 ? row : row + role.times * ((starts[ordinal] ?? 0) - (from[ordinal]?.first ?? 0));
      return Int32Array.from(parts.flatMap((part, ordinal) => part.map((row) => moved(row, ordinal))));
    }
    default:
      return role satisfies never;
  }
}

function timesOf(rows: Rows): number {
  return typeof rows !== "number" && rows.kind === "row-product" ? rows.times : 1;
}

function pieces(given: Int32Array | Float32Array, { from }: Cut, times: number): number[][] {
  return from.map(({ first, count }) => Array.from(given.subarray(first * times, (first + count) * times)));
}

/** Cuts a step into steps of at most `size` sequences; the whole step when it is no larger. */
export function microBatches(layout: SequenceLayout, values: StepValues, size: number): StepValues[] {
  const count = values.counts[layout.sequences] ?? 0;
  if (count <= size) return [values];
  return Array.from({ length: Math.ceil(count / size) }, (_, part) => {
    const first = part * size;
    const length = Math.min(size, count - first);
    return selectSequences(
      layout,
      values,
      Array.from({ length }, (_, i) => first + i),
    );
  });
}
