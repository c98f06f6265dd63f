/** A tensor times a fixed number. */
import { countRows } from "../../graph/tensor.ts";
import { dispatch, f32, perElement, read, write } from "../dispatch.ts";
import { kernels } from "../kernels/index.ts";
import { outputOf, type Lowering } from "./lowering.ts";

export const lowerScale: Lowering<"scale"> = (node, { capacities }) => {
  const y = outputOf(node);
  return [
    dispatch({
      label: y.label,
      kernel: kernels.scale,
      uniforms: { rows: y.rows, width: y.width, factor: f32(node.attributes.factor) },
      bindings: [read(node.inputs.x), write(y)],
      groups: perElement(y.rows, y.width),
      flops: countRows(y.rows, capacities) * y.width,
    }),
  ];
};
