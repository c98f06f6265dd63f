/** The closed set of operations. One operation = one file; executors handle every member of `GraphNode`. */
import type { BackwardContext, Contribution } from "../operation.ts";
import { activationVjp, type ActivationGradientNode, type ActivationNode } from "./activation.ts";
import { addVjp, type AddNode } from "./add.ts";
import { attentionVjp, type AttentionGradientNode, type AttentionNode } from "./attention.ts";
import type { CollectPartialsNode } from "./collectPartials.ts";
import type { ColumnSumNode } from "./columnSum.ts";
import { columnsVjp, concatenateVjp, type ColumnsNode, type ConcatenateNode } from "./concatenate.ts";
import { crossEntropyVjp, type CrossEntropyGradientNode, type CrossEntropyNode } from "./crossEntropy.ts";
import { dropoutVjp, type DropoutNode } from "./dropout.ts";
import { gatherVjp, type GatherNode, type ScatterNode } from "./gather.ts";
import {
  layerNormVjp,
  type LayerNormInputGradientNode,
  type LayerNormNode,
  type LayerNormParameterGradientNode,
} from "./layerNorm.ts";
import { lstmVjp, type LstmGradientNode, type LstmNode } from "./lstm.ts";
import { matmulVjp, type MatmulNode } from "./matmul.ts";
import { scaleVjp, type ScaleNode } from "./scale.ts";
import {
  segmentCrossEntropyVjp,
  type SegmentCrossEntropyGradientNode,
  type SegmentCrossEntropyNode,
} from "./segmentCrossEntropy.ts";
import { stackVjp, type StackNode, type UnstackNode } from "./stack.ts";

/** Operations a model is written in; each has a gradient rule. */
export type ForwardNode =
  | MatmulNode
  | AddNode
  | ScaleNode
  | DropoutNode
  | ActivationNode
  | LayerNormNode
  | GatherNode
  | ConcatenateNode
  | AttentionNode
  | LstmNode
  | StackNode
  | CrossEntropyNode
  | SegmentCrossEntropyNode;

/** Operations that only gradients are made of. */
export type BackwardNode =
  | ColumnSumNode
  | ActivationGradientNode
  | LayerNormInputGradientNode
  | LayerNormParameterGradientNode
  | ScatterNode
  | ColumnsNode
  | AttentionGradientNode
  | UnstackNode
  | CollectPartialsNode
  | LstmGradientNode
  | CrossEntropyGradientNode
  | SegmentCrossEntropyGradientNode;

export type GraphNode = ForwardNode | BackwardNode;
export type OperationName = GraphNode["op"];
export type NodeOf<Op extends OperationName> = Extract<GraphNode, { readonly op: Op }>;

/** The contributions of a node to its operands. Throws for operations that exist only in the backward pass. */
export function contributionsOf(node: GraphNode, context: BackwardContext): Contribution[] {
  switch (node.op) {
    case "matmul":
      return matmulVjp(node, context);
    case "add":
      return addVjp(node, context);
    case "scale":
      return scaleVjp(node, context);
    case "dropout":
      return dropoutVjp(node, context);
    case "activation":
      return activationVjp(node, context);
    case "layerNorm":
      return layerNormVjp(node, context);
    case "gather":
      return gatherVjp(node, context);
    case "concatenate":
      return concatenateVjp(node, context);
    case "columns":
      return columnsVjp(node, context);
    case "attention":
      return attentionVjp(node, context);
    case "lstm":
      return lstmVjp(node, context);
    case "stack":
      return stackVjp(node, context);
    case "crossEntropy":
      return crossEntropyVjp(node, context);
    case "segmentCrossEntropy":
      return segmentCrossEntropyVjp(node, context);
    case "columnSum":
    case "activationGradient":
    case "layerNormInputGradient":
    case "layerNormParameterGradient":
    case "scatter":
    case "attentionGradient":
    case "unstack":
    case "collectPartials":
    case "lstmGradient":
    case "crossEntropyGradient":
    case "segmentCrossEntropyGradient":
      throw new Error(`"${node.op}" belongs to the backward pass and has no gradient of its own.`);
    default:
      return node satisfies never;
  }
}
