/** Cross entropy down the rows of every sequence and its gradient. */
import type {
  SegmentCrossEntropyGradientNode,
  SegmentCrossEntropyNode,
} from "../../graph/operations/segmentCrossEntropy.ts";
import { dispatch, perElement, read, stepInputs, write, type UniformValue } from "../dispatch.ts";
import { kernels } from "../kernels/index.ts";
import { outputOf, type Lowering } from "./lowering.ts";

export const lowerSegmentCrossEntropy: Lowering<"segmentCrossEntropy"> = (node, { software }) => {
  const { logits } = node.inputs;
  const shape = software ? { lanes: 1, groupRows: 64 } : { lanes: 64, groupRows: 1 };
  return [
    dispatch({
      label: outputOf(node).label,
      kernel: kernels.segmentCrossEntropy,
      constants: shape,
      uniforms: { targets: outputOf(node).rows, ...uniformsOf(node) },
      bindings: [
        read(logits),
        stepInputs,
        write(outputOf(node, 0)),
        write(outputOf(node, 1)),
        write(outputOf(node, 2)),
      ],
      groups: [{ counts: [outputOf(node).rows], per: shape.groupRows }],
    }),
  ];
};

export const lowerSegmentCrossEntropyGradient: Lowering<"segmentCrossEntropyGradient"> = (node) => {
  const { logits, logSumExp } = node.inputs;
  return [
    dispatch({
      label: outputOf(node).label,
      kernel: kernels.segmentCrossEntropyGradient,
      uniforms: { rows: logits.rows, ...uniformsOf(node), sequence: node.indices.sequence },
      bindings: [read(logits), read(logSumExp), stepInputs, write(outputOf(node))],
      groups: perElement(logits.rows, logits.width),
    }),
  ];
};

function uniformsOf(node: SegmentCrossEntropyNode | SegmentCrossEntropyGradientNode): Record<string, UniformValue> {
  const { offsets, labels, weights } = node.indices;
  return { classes: node.inputs.logits.width, offsets, labels, weights };
}
