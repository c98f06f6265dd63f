/** Cross entropy of every row and its gradient. */
import { dispatch, read, stepInputs, write, type UniformValue } from "../dispatch.ts";
import type { CrossEntropyGradientNode, CrossEntropyNode } from "../../graph/operations/crossEntropy.ts";
import { kernels } from "../kernels/index.ts";
import { outputOf, rowGroups, type Lowering } from "./lowering.ts";

export const lowerCrossEntropy: Lowering<"crossEntropy"> = (node, context) => {
  const { logits } = node.inputs;
  const shape = rowGroups(logits.width, context);
  return [
    dispatch({
      label: outputOf(node).label,
      kernel: kernels.crossEntropy,
      constants: shape,
      uniforms: uniformsOf(node),
      bindings: [read(logits), stepInputs, write(outputOf(node, 0)), write(outputOf(node, 1))],
      groups: [{ counts: [logits.rows], per: shape.groupRows }],
    }),
  ];
};

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
