/**
 * Reverse-mode differentiation on the graph itself: walks the forward nodes backwards and adds the nodes of the gradient.
 *
 * Two exact savings follow from asking, operand by operand, whether any trained parameter needs the gradient: frozen
 * weights get none, and nothing is computed below the lowest trained tensor.
 */
import { add } from "./operations/add.ts";
import type { Builder } from "./builder.ts";
import { operandsOf, type BackwardContext, type Contribution, type PartialGradient } from "./operation.ts";
import { collectPartials } from "./operations/collectPartials.ts";
import { contributionsOf, type GraphNode } from "./operations/index.ts";
import type { Tensor } from "./tensor.ts";

/** Gradients of the sum of `loss` by parameter name. Throws when a trained parameter does not influence the loss. */
export function differentiate(builder: Builder, loss: Tensor): Map<string, Tensor> {
  const forward = [...builder.nodes];
  const depends = dependentTensors(forward);
  const incoming = new Map<Tensor, Contribution["gradient"][]>();
  const summed = new Map<Tensor, Tensor>();
  const gradientOf = (tensor: Tensor | undefined): Tensor | undefined => {
    const contributions = tensor && incoming.get(tensor);
    if (tensor === undefined || contributions === undefined) return undefined;
    const sum = summed.get(tensor) ?? sumContributions(builder, tensor, contributions);
    summed.set(tensor, sum);
    return sum;
  };
  for (const node of forward.toReversed()) {
    if (node.op === "crossEntropy" && node.outputs[0] !== loss) continue;
    if (!node.outputs.some((output) => depends.has(output))) continue;
    const context: BackwardContext = {
      builder,
      needs: (operand): operand is Tensor => operand !== undefined && depends.has(operand),
      gradient: (index) => gradientOf(node.outputs[index]),
    };
    for (const { operand, gradient } of contributionsOf(node, context)) {
      incoming.set(operand, [...(incoming.get(operand) ?? []), gradient]);
    }
  }
  return parameterGradients(depends, gradientOf);
}

/** Trained parameters and everything computed from them. */
function dependentTensors(nodes: readonly GraphNode[]): Set<Tensor> {
  const depends = new Set<Tensor>();
  for (const node of nodes) {
    const operands = operandsOf(node);
    for (const operand of operands) if (operand.parameter?.group !== undefined) depends.add(operand);
    if (operands.some((operand) => depends.has(operand))) for (const output of node.outputs) depends.add(output);
  }
  return depends;
}

function parameterGradients(
  depends: ReadonlySet<Tensor>,
  gradientOf: (tensor: Tensor) => Tensor | undefined,
): Map<string, Tensor> {
  const gradients = new Map<string, Tensor>();
  for (const tensor of depends) {
    if (tensor.parameter === undefined) continue;
    const gradient = gradientOf(tensor);
    if (gradient === undefined) throw new Error(`The trained parameter "${tensor.label}" does not influence the loss.`);
    gradients.set(tensor.parameter.name, gradient);
  }
  return gradients;
}

function sumContributions(builder: Builder, target: Tensor, contributions: Contribution["gradient"][]): Tensor {
  const whole = contributions.filter((gradient): gradient is Tensor => gradient.kind === "tensor");
  const partial = contributions.filter((gradient): gradient is PartialGradient => gradient.kind === "partial");
  const terms = partial.length === 0 ? whole : [...whole, collectPartials(builder, target, partial)];
  return terms.reduce((sum, term) => add(builder, sum, term, `d ${target.label}`));
}
