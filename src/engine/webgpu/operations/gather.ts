/** Rows looked up in tables, and the transpose that adds rows to the entries they came from. */
import type { IndexInput, Tensor } from "../../graph/tensor.ts";
import { dispatch, perElement, read, stepInputs, write, type Dispatch, type SortedRows } from "../dispatch.ts";
import { kernels } from "../kernels/index.ts";
import { outputOf, type Lowering, type LoweringContext } from "./lowering.ts";

const TABLES_PER_DISPATCH = 4;

export const lowerGather: Lowering<"gather"> = (node, context) => {
  const y = outputOf(node);
  const groups: [readonly Tensor[], readonly IndexInput[]][] = [];
  for (let k = 0; k < node.inputs.tables.length; k += TABLES_PER_DISPATCH) {
    const end = k + TABLES_PER_DISPATCH;
    groups.push([node.inputs.tables.slice(k, end), node.indices.indices.slice(k, end)]);
  }
  return groups.length === 1
    ? groups.map(([tables, indices]) => gatherUpToFour(tables, indices, y, context))
    : gatherMany(groups, y, context);
};

/** More than four tables: groups of four, then running sums. */
function gatherMany(
  groups: readonly [readonly Tensor[], readonly IndexInput[]][],
  y: Tensor,
  context: LoweringContext,
): Dispatch[] {
  const dispatches: Dispatch[] = [];
  let sum: Tensor | undefined;
  for (const [i, [tables, indices]] of groups.entries()) {
    const part = context.temporary(`${y.label} part ${i}`, y.rows, y.width);
    dispatches.push(gatherUpToFour(tables, indices, part, context));
    if (sum === undefined) {
      sum = part;
      continue;
    }
    const next = i === groups.length - 1 ? y : context.temporary(`${y.label} sum ${i}`, y.rows, y.width);
    dispatches.push(sumOf(sum, part, next));
    sum = next;
  }
  return dispatches;
}

function sumOf(a: Tensor, b: Tensor, y: Tensor): Dispatch {
  return dispatch({
    label: y.label,
    kernel: kernels.add,
    uniforms: { rows: y.rows, width: y.width },
    bindings: [read(a), read(b), write(y)],
    groups: perElement(y.rows, y.width),
  });
}

function gatherUpToFour(
  tables: readonly Tensor[],
  indices: readonly IndexInput[],
  y: Tensor,
  { isHalf }: LoweringContext,
): Dispatch {
  const [first] = tables;
  if (first === undefined) throw new Error(`gather "${y.label}" has no table.`);
  const [index0, index1, index2, index3] = indices;
  // A binding must name something: absent tables bind the first, and their index says that nothing is read.
  const bound = Array.from({ length: TABLES_PER_DISPATCH }, (_, k) => tables[k] ?? first);
  return dispatch({
    label: y.label,
    kernel: kernels.gather,
    constants: Object.fromEntries(bound.map((table, k) => [`half${k}`, Number(isHalf(table))])),
    uniforms: { rows: y.rows, width: y.width, index0, index1, index2, index3 },
    bindings: [...bound.map((table) => read(table)), stepInputs, write(y)],
    groups: perElement(y.rows, y.width),
  });
}

export const lowerScatter: Lowering<"scatter"> = (node) => {
  const { dy } = node.inputs;
  const z = outputOf(node);
  const sorted = (part: SortedRows["part"]): SortedRows => ({
    kind: "sorted-rows",
    part,
    index: node.indices.index,
    targets: z.rows,
  });
  return [
    dispatch({
      label: z.label,
      kernel: kernels.scatter,
      uniforms: { targets: z.rows, width: z.width, starts: sorted("starts"), order: sorted("order") },
      bindings: [read(dy), stepInputs, write(z)],
      groups: perElement(z.rows, z.width),
    }),
  ];
};
