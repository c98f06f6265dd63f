/** Cross entropy of every row and its gradient. */
import { dispatch, read, stepInputs, write, type Dispatch, type UniformValue } from "../dispatch.ts";
import type { CrossEntropyGradientNode, CrossEntropyNode } from "../../graph/operations/crossEntropy.ts";
import { kernels } from "../kernels/index.ts";
import { outputOf, rowGroups, type Lowering, type LoweringContext } from "./lowering.ts";

export const lowerCrossEntropy: Lowering<"crossEntropy"> = (node, context) => [crossEntropyDispatch(node, context)];

/** Losses and hits, and where a gradient is named also that, which the same kernel makes. */
export function crossEntropyDispatch(
  node: CrossEntropyNode,
  context: LoweringContext,
  gradient?: CrossEntropyGradientNode,
): Dispatch {
  const { logits } = node.inputs;
  const shape = rowGroups(logits.width, context);
  const [loss, correct] = [outputOf(node, 0), outputOf(node, 1)];
  const dLogits = gradient === undefined ? context.temporary("no gradient of the logits", 1, 1) : outputOf(gradient);
  return dispatch({
    label: loss.label,
    kernel: kernels.crossEntropy,
    constants: { ...shape, withGradient: Number(gradient !== undefined) },
    uniforms: uniformsOf(node),
    bindings: [read(logits), stepInputs, write(loss), write(correct), write(dLogits)],
    groups: [{ counts: [logits.rows], per: shape.groupRows }],
  });
}

export const lowerCrossEntropyGradient: Lowering<"crossEntropyGradient"> = (node, context) => {
  const { logits } = node.inputs;
  const shape = rowGroups(logits.width, context);
  return [
    dispatch({
      label: outputOf(node).label,
      kernel: kernels.crossEntropyGradient,
      constants: shape,
      uniforms: uniformsOf(node),
      bindings: [read(logits), stepInputs, write(outputOf(node))],
      groups: [{ counts: [logits.rows], per: shape.groupRows }],
    }),
  ];
};

function uniformsOf(node: CrossEntropyNode | CrossEntropyGradientNode): Record<string, UniformValue> {
  const { logits } = node.inputs;
  const { labels, weights } = node.indices;
  return { rows: logits.rows, classes: logits.width, labels, weights };
}
