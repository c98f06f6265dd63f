/** Sum of rows looked up in several tables. */
import { addN, type Tensor } from "@tensorflow/tfjs-core";
import type { GatherNode } from "../../graph/operations/gather.ts";
import type { ForwardPass } from "../forwardPass.ts";
import { takeRows } from "../takeRows.ts";

/** [R, N]; an index of −1 adds nothing. */
export function gather({ inputs, indices }: GatherNode, pass: ForwardPass): Tensor[] {
  const terms = inputs.tables.map((table, k) => {
    const index = indices.indices[k];
    if (index === undefined) throw new Error(`Table ${k} of a gather has no index.`);
    const rows = pass.index(index).subarray(0, pass.rows(index.rows));
    return takeRows([{ tensor: pass.tensor(table), needed: pass.needs(table) }], table.width, rows);
  });
  return [addN(terms)];
}
