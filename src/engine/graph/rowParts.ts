/**
 * Matrices larger than a device binds at once, cut by rows into parameters of their own: a lookup sums over the parts, of
 * which each row is in one; a product with the transpose lays the parts' columns side by side. Gradients follow by
 * differentiation. Which matrices are cut, and where, is for the caller to say.
 */
import type { ParameterShape } from "../executor.ts";
import type { Graph } from "./graph.ts";
import { operandsOf } from "./operation.ts";
import { columns, concatenate } from "./operations/concatenate.ts";
import { gather, type GatherTerm } from "./operations/gather.ts";
import type { GraphNode, NodeOf } from "./operations/index.ts";
import { matmul } from "./operations/matmul.ts";
import { rebuild, type GraphCopy } from "./rebuild.ts";
import type { Tensor } from "./tensor.ts";

/** Some rows of a matrix, from row `first` on, as a parameter. */
export interface MatrixPart {
  readonly shape: ParameterShape;
  readonly first: number;
}

/** The parts of a parameter that is cut; undefined for one that stays whole. */
export type PartsOf = (name: string) => readonly MatrixPart[] | undefined;

/** The same graph over parts. @throws when a node reads a cut matrix and is neither a lookup in it nor x·Wᵀ. */
export function splitMatrices(graph: Graph, partsOf: PartsOf): Graph {
  const isCut = ({ parameter }: Tensor): boolean => parameter !== undefined && partsOf(parameter.name) !== undefined;
  if (!graph.parameters.some(isCut)) return graph;
  const rewrite = (node: GraphNode, copy: GraphCopy): boolean => {
    const cut = operandsOf(node).find(isCut);
    if (cut === undefined) return false;
    const parts = new Parts(copy, partsOf);
    if (node.op === "gather") parts.gather(node);
    else if (node.op === "matmul" && isProductWith(node, cut)) parts.product(node);
    else {
      throw new Error(
        `"${cut.label}" is larger than this device binds at once, and "${node.op}" cannot read it in parts. Use a smaller model.`,
      );
    }
    return true;
  };
  return rebuild(graph, { rewrite });
}

/** x·Wᵀ with W cut and nothing else. */
function isProductWith({ inputs, attributes }: NodeOf<"matmul">, cut: Tensor): boolean {
  const { a, b, bias } = inputs;
  return b === cut && a !== cut && bias !== cut && attributes.transposeB && !attributes.transposeA;
}

class Parts {
  readonly #copy: GraphCopy;
  readonly #partsOf: PartsOf;

  constructor(copy: GraphCopy, partsOf: PartsOf) {
    this.#copy = copy;
    this.#partsOf = partsOf;
  }

  /** Each part looks up the rows that are its own and adds nothing for the others. */
  gather({ inputs, indices, outputs }: NodeOf<"gather">): void {
    const { builder } = this.#copy;
    const terms = inputs.tables.flatMap((table, k): GatherTerm[] => {
      const named = indices.indices[k];
      if (named === undefined) return [];
      const index = builder.index(named.name, named.rows, named.extra);
      const parts = this.#tensors(table);
      if (parts === undefined) return [{ table: this.#copy.tensor(table), index }];
      return parts.map(({ tensor, first, rows }) => ({ table: tensor, index: builder.window(index, first, rows) }));
    });
    for (const y of outputs) this.#copy.set(y, gather(builder, terms, y.label));
  }

  product({ inputs, outputs }: NodeOf<"matmul">): void {
    const { builder } = this.#copy;
    const a = this.#copy.tensor(inputs.a);
    const bias = inputs.bias === undefined ? undefined : this.#copy.tensor(inputs.bias);
    for (const y of outputs) {
      const pieces = (this.#tensors(inputs.b) ?? []).map(({ tensor, first, rows }) => {
        const window = `${bias?.label} from ${first}`;
        const own = bias === undefined ? {} : { bias: columns(builder, bias, first, rows, window) };
        return matmul(builder, a, tensor, { transposeB: true, label: `${y.label} from ${first}`, ...own });
      });
      this.#copy.set(
        y,
        pieces.reduce((left, right) => concatenate(builder, left, right, y.label)),
      );
    }
  }

  #tensors({ parameter }: Tensor): { tensor: Tensor; first: number; rows: number }[] | undefined {
    if (parameter === undefined) return undefined;
    const group = parameter.group === undefined ? {} : { group: parameter.group };
    return this.#partsOf(parameter.name)?.map(({ shape: { name, rows, width }, first }) => {
      return { tensor: this.#copy.builder.parameter({ name, rows, width, ...group }), first, rows };
    });
  }
}
