/**
 * The nouns of the graph: row spaces, tensors, inputs and nodes. Nothing here computes.
 *
 * Every tensor is two-dimensional: rows × width. A row is one token, one prompt slot, one needed position or one class
 * row; the width is known when the graph is built, the number of rows may change from step to step.
 */
import type { GraphNode } from "./operations/index.ts";

/** A family of rows that share one count per step, e.g. the packed tokens of a batch (`tokens`) or its sequences. */
export interface RowSpace {
  readonly kind: "row-space";
  readonly name: string;
}

/** `times` rows for each row of `space`, e.g. P prompt slots for each of the B sequences. */
export interface RowProduct {
  readonly kind: "row-product";
  readonly space: RowSpace;
  readonly times: number;
}

/** A fixed number of rows, the rows of a space, or a multiple of them. */
export type Rows = number | RowSpace | RowProduct;

/** Row counts by name of the row space, in one step or as the capacity of a plan. */
export type RowCounts = Readonly<Record<string, number>>;

/** A row-major f32 matrix. Identity is the object; `label` is for people. */
export interface Tensor {
  readonly kind: "tensor";
  readonly id: number;
  readonly label: string;
  readonly rows: Rows;
  readonly width: number;
  /** The node that computes it; absent for parameters. */
  readonly producer?: GraphNode;
  /** Present for parameters only. */
  readonly parameter?: Parameter;
}

/** Weights by name: frozen when `group` is absent, trained as a member of that optimizer group otherwise. */
export interface Parameter {
  readonly name: string;
  readonly rows: number;
  readonly width: number;
  readonly group?: string;
  /** Parameters with one name here are laid out end to end, in the order of their declaration (`operations/stack.ts`). */
  readonly stack?: string;
}

/** A step input of i32: one entry per row (`extra` 0), or offsets with one entry more than there are rows (`extra` 1). */
export interface IndexInput {
  readonly kind: "index";
  readonly name: string;
  readonly rows: Rows;
  readonly extra: 0 | 1;
  /** Present where the executor derives the entries from another input's. */
  readonly window?: IndexWindow;
}

/** The entries of the input `of` counted from `first` on: −1 where they are not among the `rows` rows from there. */
export interface IndexWindow {
  readonly of: string;
  readonly first: number;
  readonly rows: number;
}

/** A step input of f32, one value per row. */
export interface ValueInput {
  readonly kind: "value";
  readonly name: string;
  readonly rows: Rows;
}

export type StepInput = IndexInput | ValueInput;

/** How the rows of a space fall into sequences: `offsets` has B + 1 entries, `sequence` names the owner of each row. */
export interface Segments {
  readonly space: RowSpace;
  readonly sequences: RowSpace;
  readonly offsets: IndexInput;
  readonly sequence: IndexInput;
}

/** Number of rows in a step with the given counts. Throws when the space has no count. */
export function countRows(rows: Rows, counts: RowCounts): number {
  if (typeof rows === "number") return rows;
  const space = rows.kind === "row-space" ? rows : rows.space;
  const count = counts[space.name];
  if (count === undefined) throw new Error(`No row count was given for the row space "${space.name}".`);
  return rows.kind === "row-space" ? count : count * rows.times;
}

/** Whether two row descriptions always have the same count. */
export function sameRows(a: Rows, b: Rows): boolean {
  return describeRows(a) === describeRows(b);
}

/** `tokens`, `sequences×16` or `8192`, for labels and messages. */
export function describeRows(rows: Rows): string {
  if (typeof rows === "number") return String(rows);
  return rows.kind === "row-space" ? rows.name : `${rows.space.name}×${rows.times}`;
}

/** `[tokens, 128]`, for messages. */
export function describeShape(tensor: Tensor): string {
  return `[${describeRows(tensor.rows)}, ${tensor.width}]`;
}
