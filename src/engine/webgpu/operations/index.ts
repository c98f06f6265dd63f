/** How each operation of the graph becomes dispatches; the compiler refuses this file when one is missing. */
import type { NodeOf, OperationName } from "../../graph/operations/index.ts";
import type { Dispatch } from "../dispatch.ts";
import {
  lowerAttention,
  lowerAttentionDelta,
  lowerAttentionKeyValueGradient,
  lowerAttentionPromptGradient,
  lowerAttentionQueryGradient,
} from "./attention.ts";
import { lowerCollectPartials } from "./collectPartials.ts";
import { lowerColumnSum } from "./columnSum.ts";
import { lowerCrossEntropy, lowerCrossEntropyGradient } from "./crossEntropy.ts";
import { lowerActivation, lowerActivationGradient, lowerAdd } from "./elementwise.ts";
import { lowerGather, lowerScatter } from "./gather.ts";
import { lowerLayerNorm, lowerLayerNormInputGradient, lowerLayerNormParameterGradient } from "./layerNorm.ts";
import type { LoweringContext } from "./lowering.ts";
import { lowerMatmul } from "./matmul.ts";

type NodesByName = { readonly [Op in OperationName]: NodeOf<Op> };

const lowerings: {
  readonly [Op in OperationName]: (node: NodesByName[Op], context: LoweringContext) => readonly Dispatch[];
} = {
  matmul: lowerMatmul,
  add: lowerAdd,
  activation: lowerActivation,
  activationGradient: lowerActivationGradient,
  layerNorm: lowerLayerNorm,
  layerNormInputGradient: lowerLayerNormInputGradient,
  layerNormParameterGradient: lowerLayerNormParameterGradient,
  gather: lowerGather,
  scatter: lowerScatter,
  attention: lowerAttention,
  attentionDelta: lowerAttentionDelta,
  attentionQueryGradient: lowerAttentionQueryGradient,
  attentionKeyValueGradient: lowerAttentionKeyValueGradient,
  attentionPromptGradient: lowerAttentionPromptGradient,
  collectPartials: lowerCollectPartials,
  columnSum: lowerColumnSum,
  crossEntropy: lowerCrossEntropy,
  crossEntropyGradient: lowerCrossEntropyGradient,
};

/** The dispatches that compute a node; `op` is the node's own. */
export function lower<Op extends OperationName>(
  op: Op,
  node: NodesByName[Op],
  context: LoweringContext,
): readonly Dispatch[] {
  return lowerings[op](node, context);
}
