/**
 * Rows looked up in one or more tables and summed: y[r] = Σₖ tableₖ[indexₖ[r]].
 *
 * One operation serves word, position and type embeddings, soft prompts (rows of the prompt among the tokens), and moving
 * rows between row spaces (the needed rows of the last layer). An index of −1 adds nothing.
 */
import type { Builder } from "../builder.ts";
import type { Contribution, NodeBase, Vjp } from "../operation.ts";
import { describeRows, sameRows, type IndexInput, type Tensor } from "../tensor.ts";

export type GatherNode = NodeBase<
  "gather",
  { readonly tables: readonly Tensor[] },
  { readonly indices: readonly IndexInput[] },
  Record<never, never>
>;

/** The transpose of a gather: z[v] = Σ of dY[r] over the rows r with index[r] = v; other rows are zero. */
export type ScatterNode = NodeBase<
  "scatter",
  { readonly dy: Tensor },
  { readonly index: IndexInput },
  Record<never, never>
>;

export interface GatherTerm {
  readonly table: Tensor;
  readonly index: IndexInput;
}

/** At least one term; all tables have one width, all indices the same rows. */
export function gather(builder: Builder, terms: readonly GatherTerm[], label = "gather"): Tensor {
  const first = terms[0];
  if (first === undefined) throw new Error(`gather "${label}": expected at least one table.`);
  const { rows } = first.index;
  const { width } = first.table;
  for (const { table, index } of terms) {
    if (table.width !== width) throw new Error(`gather "${label}": tables of width ${width} and ${table.width}.`);
    if (!sameRows(index.rows, rows)) {
      throw new Error(`gather "${label}": indices over ${describeRows(rows)} and ${describeRows(index.rows)}.`);
    }
  }
  const tables = terms.map((term) => term.table);
  const indices = terms.map((term) => term.index);
  return builder.single("gather", { tables }, { indices }, {}, { label, rows, width });
}

/** Each trained table receives the rows that used it, added in the order of the rows. */
export const gatherVjp: Vjp<GatherNode> = (node, { builder, needs, gradient }) => {
  const dy = gradient(0);
  if (dy === undefined) return [];
  const contributions: Contribution[] = [];
  for (const [k, table] of node.inputs.tables.entries()) {
    const index = node.indices.indices[k];
    if (index === undefined || !needs(table)) continue;
    const shape = { label: `d ${table.label}`, rows: table.rows, width: table.width };
    contributions.push({ operand: table, gradient: builder.single("scatter", { dy }, { index }, {}, shape) });
  }
  return contributions;
};
