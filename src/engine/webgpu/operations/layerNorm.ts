/** Layer normalisation and its two gradients. */
import type { NodeOf } from "../../graph/operations/index.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { dispatch, f32, perElement, read, write, type Dispatch } from "../dispatch.ts";
import { kernels } from "../kernels/index.ts";
import { BLOCK_ROWS, blocksOf, blockTensor, sumOfRows } from "./columnSum.ts";
import { outputOf, rowGroups, type Lowering, type LoweringContext } from "./lowering.ts";

export const lowerLayerNorm: Lowering<"layerNorm"> = (node, context) => {
  const { x, gain, bias } = node.inputs;
  const shape = rowGroups(x.width, context);
  const y = outputOf(node, 0);
  return [
    dispatch({
      label: y.label,
      kernel: kernels.layerNorm,
      constants: shape,
      uniforms: { rows: x.rows, width: x.width, epsilon: f32(node.attributes.epsilon) },
      bindings: [read(x), read(gain), read(bias), write(y), write(outputOf(node, 1))],
      groups: [{ counts: [x.rows], per: shape.groupRows }],
      startsLayer: true,
    }),
  ];
};

export const lowerLayerNormInputGradient: Lowering<"layerNormInputGradient"> = (node, context) => [
  layerNormInputGradient(node, context),
];

/** dX, or with a residual dX + residual in `dx`. */
export function layerNormInputGradient(
  node: NodeOf<"layerNormInputGradient">,
  context: LoweringContext,
  { residual, dx = outputOf(node) }: { readonly residual?: Tensor; readonly dx?: Tensor } = {},
): Dispatch {
  const { dy, x, statistics, gain } = node.inputs;
  const shape = rowGroups(x.width, context);
  return dispatch({
    label: dx.label,
    kernel: kernels.layerNormInputGradient,
    constants: { ...shape, hasResidual: Number(residual !== undefined) },
    uniforms: { rows: x.rows, width: x.width },
    bindings: [read(dy), read(x), read(statistics), read(gain), read(residual ?? dy), write(dx)],
    groups: [{ counts: [x.rows], per: shape.groupRows }],
    startsLayer: true,
  });
}

export const lowerLayerNormParameterGradient: Lowering<"layerNormParameterGradient"> = (node, context) => {
  const { dy, x, statistics } = node.inputs;
  const dGain = outputOf(node, 0);
  const dBias = outputOf(node, 1);
  const gains = blockTensor(`${dGain.label} by block`, x, context);
  const biases = blockTensor(`${dBias.label} by block`, x, context);
  const blocks = blocksOf(x.rows);
  const first = dispatch({
    label: `${dGain.label} and bias by block`,
    kernel: kernels.layerNormParameterGradient,
    uniforms: { rows: x.rows, width: x.width, blockRows: BLOCK_ROWS, blocks },
    bindings: [read(dy), read(x), read(statistics), write(gains), write(biases)],
    groups: perElement(blocks, x.width),
  });
  return [first, sumOfRows(gains, blocks, dGain), sumOfRows(biases, blocks, dBias)];
};
