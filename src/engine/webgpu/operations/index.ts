/** How each operation of the graph becomes dispatches; the compiler refuses this file when one is missing. */
import type { NodeOf, OperationName } from "../../graph/operations/index.ts";
import type { Dispatch } from "../dispatch.ts";
import type { Step } from "../fuse.ts";
import { lowerAttention, lowerAttentionGradient } from "./attention.ts";
import { lowerCollectPartials } from "./collectPartials.ts";
import { lowerColumnSum } from "./columnSum.ts";
import { lowerColumns, lowerConcatenate } from "./concatenate.ts";
import { crossEntropyDispatch, lowerCrossEntropy, lowerCrossEntropyGradient } from "./crossEntropy.ts";
import { lowerDropout } from "./dropout.ts";
import { lowerActivation, lowerActivationGradient, lowerAdd } from "./elementwise.ts";
import { lowerGather, lowerScatter } from "./gather.ts";
import {
  layerNormInputGradient,
  lowerLayerNorm,
  lowerLayerNormInputGradient,
  lowerLayerNormParameterGradient,
} from "./layerNorm.ts";
import type { LoweringContext } from "./lowering.ts";
import { lowerLstm, lowerLstmGradient } from "./lstm.ts";
import { lowerMatmul, matmulDispatches } from "./matmul.ts";
import { lowerScale } from "./scale.ts";
import { lowerSegmentCrossEntropy, lowerSegmentCrossEntropyGradient } from "./segmentCrossEntropy.ts";
import { lowerStack, lowerUnstack } from "./stack.ts";

type NodesByName = { readonly [Op in OperationName]: NodeOf<Op> };

const lowerings: {
  readonly [Op in OperationName]: (node: NodesByName[Op], context: LoweringContext) => readonly Dispatch[];
} = {
  matmul: lowerMatmul,
  add: lowerAdd,
  scale: lowerScale,
  dropout: lowerDropout,
  activation: lowerActivation,
  activationGradient: lowerActivationGradient,
  layerNorm: lowerLayerNorm,
  layerNormInputGradient: lowerLayerNormInputGradient,
  layerNormParameterGradient: lowerLayerNormParameterGradient,
  gather: lowerGather,
  scatter: lowerScatter,
  concatenate: lowerConcatenate,
  columns: lowerColumns,
  lstm: lowerLstm,
  lstmGradient: lowerLstmGradient,
  attention: lowerAttention,
  attentionGradient: lowerAttentionGradient,
  stack: lowerStack,
  unstack: lowerUnstack,
  collectPartials: lowerCollectPartials,
  columnSum: lowerColumnSum,
  crossEntropy: lowerCrossEntropy,
  crossEntropyGradient: lowerCrossEntropyGradient,
  segmentCrossEntropy: lowerSegmentCrossEntropy,
  segmentCrossEntropyGradient: lowerSegmentCrossEntropyGradient,
};

/** The dispatches that compute a node; `op` is the node's own. */
export function lower<Op extends OperationName>(
  op: Op,
  node: NodesByName[Op],
  context: LoweringContext,
): readonly Dispatch[] {
  return lowerings[op](node, context);
}

/** The dispatches that compute a step of fused nodes. */
export function lowerStep(step: Step, context: LoweringContext): readonly Dispatch[] {
  switch (step.kind) {
    case "node":
      return lower(step.node.op, step.node, context);
    case "product":
      return matmulDispatches(step.product, context);
    case "layer-norm":
      return [layerNormInputGradient(step.node, context, step)];
    case "cross-entropy":
      return [crossEntropyDispatch(step.node, context, step.gradient)];
    default:
      return step satisfies never;
  }
}
