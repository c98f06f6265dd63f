/**
 * Reverse-mode differentiation on the graph itself: walks the forward nodes backwards and adds the nodes of the gradient.
 *
 * Two exact savings follow from asking, operand by operand, whether any trained parameter needs the gradient: frozen
 * weights get none, and nothing is computed below the lowest trained tensor. Each can be switched off to measure it.
 */
import { add } from "./operations/add.ts";
import type { Builder } from "./builder.ts";
import { dependentTensors } from "./graph.ts";
import { type BackwardContext, type Contribution, type PartialGradient } from "./operation.ts";
import { collectPartials } from "./operations/collectPartials.ts";
import { contributionsOf } from "./operations/index.ts";
import type { Tensor } from "./tensor.ts";

/** Exact savings of the backward pass. Switched off, the same gradients come out after more work. */
export interface BackwardSavings {
  /** Frozen weights get no gradient. */
  readonly frozenWeights: boolean;
  /** Nothing is differentiated below the lowest trained tensor. */
  readonly lowestLayer: boolean;
}

export interface Derivatives {
  /** Gradient of each trained parameter by name. */
  readonly gradients: Map<string, Tensor>;
  /** What was computed only because a saving is off. */
  readonly discarded: readonly Tensor[];
}

const everySaving: BackwardSavings = { frozenWeights: true, lowestLayer: true };

/** Gradients of the sum of `loss` by parameter name. Throws when a trained parameter does not influence the loss. */
export function differentiate(builder: Builder, loss: Tensor, savings = everySaving): Derivatives {
  const forward = [...builder.nodes];
  const depends = dependentTensors(forward);
  const needed = (tensor: Tensor): boolean =>
    depends.has(tensor) || !(tensor.parameter === undefined ? savings.lowestLayer : savings.frozenWeights);
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
    const isLoss = node.op === "crossEntropy" || node.op === "segmentCrossEntropy";
    if (isLoss && node.outputs[0] !== loss) continue;
    if (!node.outputs.some(needed)) continue;
    const context: BackwardContext = {
      builder,
      needs: (operand): operand is Tensor => operand !== undefined && needed(operand),
      gradient: (index) => gradientOf(node.outputs[index]),
    };
    for (const { operand, gradient } of contributionsOf(node, context)) {
      incoming.set(operand, [...(incoming.get(operand) ?? []), gradient]);
    }
  }
  const gradients = parameterGradients(depends, gradientOf);
  const discarded = [...incoming.keys()].flatMap((tensor) => (depends.has(tensor) ? [] : (gradientOf(tensor) ?? [])));
  return { gradients, discarded };
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
