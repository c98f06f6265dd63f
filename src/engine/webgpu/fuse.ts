/**
 * Joins neighbouring nodes of a graph so that one dispatch computes them: what follows a matrix product moves into its
 * epilogue, the sum of two gradients into the kernel that makes one of them. Results are those of the single nodes; only
 * which tensors come into being differs. Each fusion can be left out by name.
 */
import { operandsOf } from "../graph/operation.ts";
import type { GraphNode, NodeOf } from "../graph/operations/index.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Epilogue } from "./operations/epilogue.ts";
import type { Product } from "./operations/matmul.ts";

/**
 * `activation`: into the product before it. `residual`: a sum into the product that makes one term. `derivative`: the way
 * back through an activation into the product before it. `layer-norm`: a sum into the gradient of a layer norm that makes
 * one term. `cross-entropy`: losses and their gradient from one look at the logits.
 */
export const fusions = ["activation", "residual", "derivative", "layer-norm", "cross-entropy"] as const;
export type Fusion = (typeof fusions)[number];

/** What is lowered as one: a node alone, or several. */
export type Step =
  | { readonly kind: "node"; readonly node: GraphNode }
  | { readonly kind: "product"; readonly product: Product }
  | {
      readonly kind: "layer-norm";
      readonly node: NodeOf<"layerNormInputGradient">;
      readonly residual: Tensor;
      readonly dx: Tensor;
    }
  | {
      readonly kind: "cross-entropy";
      readonly node: NodeOf<"crossEntropy">;
      readonly gradient: NodeOf<"crossEntropyGradient">;
    };

/** The nodes as steps, in an order in which everything is made before it is read. `kept` tensors all come into being. */
export function fuse(nodes: readonly GraphNode[], kept: ReadonlySet<Tensor>, chosen: readonly Fusion[]): Step[] {
  const fuser = new Fuser(nodes, kept, new Set(chosen));
  // From the back: of two products that are added, the later one takes the sum, when both terms are there.
  for (const node of nodes.toReversed()) fuser.visit(node);
  return nodes.flatMap((node) => fuser.stepAt(node) ?? []);
}

class Fuser {
  readonly #kept: ReadonlySet<Tensor>;
  readonly #chosen: ReadonlySet<Fusion>;
  readonly #readers = new Map<Tensor, GraphNode[]>();
  /** The step that runs in the place of a node; none for a node that another one's step computes. */
  readonly #steps = new Map<GraphNode, Step | undefined>();

  constructor(nodes: readonly GraphNode[], kept: ReadonlySet<Tensor>, chosen: ReadonlySet<Fusion>) {
    this.#kept = kept;
    this.#chosen = chosen;
    for (const node of nodes) {
      for (const tensor of operandsOf(node)) this.#readers.set(tensor, [...(this.#readers.get(tensor) ?? []), node]);
    }
  }

  stepAt(node: GraphNode): Step | undefined {
    return this.#steps.has(node) ? this.#steps.get(node) : { kind: "node", node };
  }

  visit(node: GraphNode): void {
    if (node.op === "matmul") this.#visitProduct(node);
    if (node.op === "layerNormInputGradient") this.#visitLayerNorm(node);
    if (node.op === "crossEntropy") this.#visitCrossEntropy(node);
  }

  #visitProduct(node: NodeOf<"matmul">): void {
    const [y] = node.outputs;
    const { a, b, bias } = node.inputs;
    if (y === undefined) return;
    const start: Chain = { last: node, y, epilogue: bias === undefined ? {} : { bias }, joined: [] };
    const sum = this.#withResidual(start) ?? start;
    const end = this.#withActivation(start) ?? this.#withDerivative(sum) ?? sum;
    if (end.joined.length === 0) return;
    for (const joined of [node, ...end.joined]) this.#steps.set(joined, undefined);
    const product: Product = { a, b, ...node.attributes, y: end.y, epilogue: end.epilogue };
    this.#steps.set(end.last, { kind: "product", product });
  }

  /** Runs in the place of the product, so that the value before the activation is there for whoever reads it. */
  #withActivation({ y, epilogue, last }: Chain): Chain | undefined {
    if (!this.#chosen.has("activation")) return undefined;
    const readers = this.#readers.get(y) ?? [];
    const node = readers.find((reader) => reader.op === "activation");
    const result = node?.outputs[0];
    if (node?.op !== "activation" || result === undefined || this.#steps.has(node)) return undefined;
    const { activation: kind } = node.attributes;
    const alone = readers.length === 1 && !this.#kept.has(y);
    const activation = alone ? { kind } : { kind, preActivation: y };
    return { last, y: result, epilogue: { ...epilogue, activation }, joined: [node] };
  }

  #withResidual({ y, epilogue, joined }: Chain): Chain | undefined {
    const node = this.#chosen.has("residual") ? this.#onlyReader(y) : undefined;
    const sum = node?.outputs[0];
    if (node?.op !== "add" || sum === undefined || node.inputs.a === node.inputs.b) return undefined;
    const residual = node.inputs.a === y ? node.inputs.b : node.inputs.a;
    return { last: node, y: sum, epilogue: { ...epilogue, residual }, joined: [...joined, node] };
  }

  #withDerivative({ y, epilogue, joined }: Chain): Chain | undefined {
    const node = this.#chosen.has("derivative") ? this.#onlyReader(y) : undefined;
    const dx = node?.outputs[0];
    if (node?.op !== "activationGradient" || dx === undefined || node.inputs.dy !== y || node.inputs.x === y)
      return undefined;
    const derivative = { kind: node.attributes.activation, preActivation: node.inputs.x };
    return { last: node, y: dx, epilogue: { ...epilogue, derivative }, joined: [...joined, node] };
  }

  #visitLayerNorm(node: NodeOf<"layerNormInputGradient">): void {
    const [own] = node.outputs;
    const sum = own !== undefined && this.#chosen.has("layer-norm") ? this.#onlyReader(own) : undefined;
    const dx = sum?.outputs[0];
    if (sum?.op !== "add" || dx === undefined || sum.inputs.a === sum.inputs.b) return;
    const residual = sum.inputs.a === own ? sum.inputs.b : sum.inputs.a;
    this.#steps.set(node, undefined);
    this.#steps.set(sum, { kind: "layer-norm", node, residual, dx });
  }

  #visitCrossEntropy(node: NodeOf<"crossEntropy">): void {
    if (!this.#chosen.has("cross-entropy")) return;
    const readers = this.#readers.get(node.inputs.logits) ?? [];
    const gradient = readers.find((reader) => reader.op === "crossEntropyGradient");
    if (gradient?.op !== "crossEntropyGradient") return;
    const { labels, weights } = node.indices;
    if (gradient.indices.labels !== labels || gradient.indices.weights !== weights) return;
    this.#steps.set(gradient, undefined);
    this.#steps.set(node, { kind: "cross-entropy", node, gradient });
  }

  /** The one node that reads a tensor which nobody else needs, unless that node is part of a step already. */
  #onlyReader(tensor: Tensor): GraphNode | undefined {
    const [reader, ...others] = this.#readers.get(tensor) ?? [];
    if (reader === undefined || others.length > 0 || this.#kept.has(tensor) || this.#steps.has(reader))
      return undefined;
    return reader;
  }
}

/** A product with what has joined it so far. */
interface Chain {
  /** The node in whose place the step runs. */
  readonly last: GraphNode;
  readonly y: Tensor;
  readonly epilogue: Epilogue;
  readonly joined: readonly GraphNode[];
}
