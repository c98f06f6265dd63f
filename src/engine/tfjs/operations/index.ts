/**
 * Runs forward nodes. The gradient nodes of a graph are never interpreted here: TensorFlow.js differentiates on its own,
 * which makes this executor an independent check of the derived backward pass.
 */
import type { Tensor } from "@tensorflow/tfjs-core";
import type { GraphNode } from "../../graph/operations/index.ts";
import type { ForwardPass } from "../forwardPass.ts";
import { activation } from "./activation.ts";
import { add } from "./add.ts";
import { attention } from "./attention.ts";
import { concatenate } from "./concatenate.ts";
import { crossEntropy } from "./crossEntropy.ts";
import { dropout } from "./dropout.ts";
import { gather } from "./gather.ts";
import { layerNorm } from "./layerNorm.ts";
import { lstm } from "./lstm.ts";
import { matmul } from "./matmul.ts";
import { scale } from "./scale.ts";
import { segmentCrossEntropy } from "./segmentCrossEntropy.ts";
import { stack } from "./stack.ts";

/** Computes the nodes in order and keeps their results in the pass. */
export function runNodes(nodes: readonly GraphNode[], pass: ForwardPass): void {
  for (const node of nodes) {
    for (const [place, computed] of evaluate(node, pass).entries()) {
      const output = node.outputs[place];
      if (output === undefined) throw new Error(`"${node.op}" gave more results than it has outputs.`);
      pass.set(output, computed);
    }
  }
}

/** Results in the order of the node's outputs; internal outputs at the end may be absent. */
function evaluate(node: GraphNode, pass: ForwardPass): Tensor[] {
  switch (node.op) {
    case "matmul":
      return matmul(node, pass);
    case "add":
      return add(node, pass);
    case "scale":
      return scale(node, pass);
    case "dropout":
      return dropout(node, pass);
    case "activation":
      return activation(node, pass);
    case "layerNorm":
      return layerNorm(node, pass);
    case "gather":
      return gather(node, pass);
    case "concatenate":
      return concatenate(node, pass);
    case "lstm":
      return lstm(node, pass);
    case "attention":
      return attention(node, pass);
    case "stack":
      return stack(node, pass);
    case "crossEntropy":
      return crossEntropy(node, pass);
    case "segmentCrossEntropy":
      return segmentCrossEntropy(node, pass);
    case "segmentCrossEntropyGradient":
    case "columnSum":
    case "activationGradient":
    case "layerNormInputGradient":
    case "layerNormParameterGradient":
    case "scatter":
    case "columns":
    case "attentionGradient":
    case "unstack":
    case "collectPartials":
    case "lstmGradient":
    case "crossEntropyGradient":
      throw new Error(`"${node.op}" belongs to the backward pass; only forward nodes are interpreted.`);
    default:
      return node satisfies never;
  }
}
