/**
 * Which tensors live outside the arena: stacks of parameters that lie end to end anyway, and gradients of parameters, which
 * are written straight into the flat space where that is possible. Nothing here computes.
 */
import { operandsOf } from "../graph/operation.ts";
import type { GraphNode, NodeOf } from "../graph/operations/index.ts";
import type { Rows, Tensor } from "../graph/tensor.ts";
import { tensorsOf } from "./arena.ts";
import type { BufferRange, Dispatch } from "./dispatch.ts";
import { copyOf } from "./operations/elementwise.ts";
import type { WebGpuParameters } from "./parameters.ts";

/** Operations that may write their result straight into the flat space of gradients. */
const DIRECT: ReadonlySet<GraphNode["op"]> = new Set([
  "matmul",
  "add",
  "columnSum",
  "scatter",
  "collectPartials",
  "layerNormParameterGradient",
]);

export interface OutsideArenaRequest {
  readonly nodes: readonly GraphNode[];
  readonly parameters: WebGpuParameters;
  /** Gradients by parameter name. */
  readonly gradients: ReadonlyMap<string, Tensor>;
}

export class OutsideArena {
  readonly #request: OutsideArenaRequest;
  readonly #places = new Map<Tensor, BufferRange>();
  readonly #views = new Set<GraphNode>();

  /** Finds the stacks, and the gradients of stacks, for which the memory already says what the node says. */
  constructor(request: OutsideArenaRequest) {
    this.#request = request;
    for (const node of request.nodes) {
      if (node.op === "stack") this.#placeStack(node);
      if (node.op === "unstack") this.#placeGradientsOfStack(node);
    }
  }

  get(tensor: Tensor): BufferRange | undefined {
    return this.#places.get(tensor);
  }

  /** Whether a node needs no dispatch. */
  isView(node: GraphNode): boolean {
    return this.#views.has(node);
  }

  /**
   * Gives every gradient that has no place yet its one in the flat space: written in place where nothing else reads it,
   * copied there by the returned dispatches otherwise.
   */
  placeGradients(
    lowered: readonly Dispatch[],
    temporary: (label: string, rows: Rows, width: number) => Tensor,
  ): Dispatch[] {
    const { gradients, parameters } = this.#request;
    const isRead = new Set(lowered.flatMap((dispatch) => tensorsOf(dispatch, "read")));
    const copies: Dispatch[] = [];
    for (const [name, gradient] of gradients) {
      const range = parameters.gradientRange(name);
      const { producer } = gradient;
      if (producer !== undefined && this.#views.has(producer)) continue;
      if (isDirect(gradient) && !isRead.has(gradient) && !this.#places.has(gradient)) {
        this.#places.set(gradient, range);
        continue;
      }
      const target = temporary(`gradient of ${name}`, gradient.rows, gradient.width);
      this.#places.set(target, range);
      copies.push(copyOf(gradient, target));
    }
    return copies;
  }

  #placeStack(node: NodeOf<"stack">): void {
    const { parameters } = this.#request;
    const ranges = node.inputs.parts.flatMap(({ parameter }) =>
      parameter === undefined ? [] : parameters.range(parameter.name, parameter.rows, parameter.width),
    );
    this.#place(node, node.outputs[0], endToEnd(ranges));
  }

  /** Each part's gradient must be that parameter's only one, and nobody else may read the whole. */
  #placeGradientsOfStack(node: NodeOf<"unstack">): void {
    const { gradients, parameters, nodes } = this.#request;
    const { x } = node.inputs;
    if (!isDirect(x) || nodes.some((other) => other !== node && operandsOf(other).includes(x))) return;
    const ranges: BufferRange[] = [];
    for (const part of node.outputs) {
      const names = [...gradients].flatMap(([name, gradient]) => (gradient === part ? [name] : []));
      const [name] = names;
      if (name === undefined || names.length > 1 || nodes.some((other) => operandsOf(other).includes(part))) return;
      ranges.push(parameters.gradientRange(name));
    }
    this.#place(node, x, endToEnd(ranges));
  }

  #place(node: GraphNode, tensor: Tensor | undefined, range: BufferRange | undefined): void {
    if (tensor === undefined || range === undefined) return;
    this.#places.set(tensor, range);
    this.#views.add(node);
  }
}

function isDirect({ producer }: Tensor): boolean {
  return producer !== undefined && DIRECT.has(producer.op);
}

/** The one range that these make up, when each begins where the one before ends. */
function endToEnd(ranges: readonly BufferRange[]): BufferRange | undefined {
  const [first] = ranges;
  if (first === undefined) return undefined;
  let end = first.offset;
  for (const { buffer, offset, size } of ranges) {
    if (buffer !== first.buffer || offset !== end) return undefined;
    end += size;
  }
  return { buffer: first.buffer, offset: first.offset, size: end - first.offset };
}
