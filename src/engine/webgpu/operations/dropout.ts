/** Dropout whose mask is computed where it is used. */
import { dropoutScale, dropoutThreshold } from "../../graph/operations/dropout.ts";
import { countRows } from "../../graph/tensor.ts";
import { dispatch, f32, perElement, read, stepInputs, write } from "../dispatch.ts";
import { kernels } from "../kernels/index.ts";
import { outputOf, type Lowering } from "./lowering.ts";

/** Integer operations of one element's hash, about. */
const HASH_FLOPS = 40;

export const lowerDropout: Lowering<"dropout"> = (node, { capacities }) => {
  const y = outputOf(node);
  const { key, example, position } = node.indices;
  return [
    dispatch({
      label: y.label,
      kernel: kernels.dropout,
      uniforms: {
        rows: y.rows,
        width: y.width,
        key,
        example,
        position,
        stream: node.attributes.stream,
        threshold: dropoutThreshold(node.attributes),
        factor: f32(dropoutScale(node.attributes)),
      },
      bindings: [read(node.inputs.x), stepInputs, write(y)],
      groups: perElement(y.rows, y.width),
      flops: HASH_FLOPS * countRows(y.rows, capacities) * y.width,
    }),
  ];
};
