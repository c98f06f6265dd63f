/** Tensors side by side, and a window of columns of one. */
import { dispatch, perElement, read, write } from "../dispatch.ts";
import { kernels } from "../kernels/index.ts";
import { outputOf, type Lowering } from "./lowering.ts";

export const lowerConcatenate: Lowering<"concatenate"> = (node) => {
  const { a, b } = node.inputs;
  const y = outputOf(node);
  return [
    dispatch({
      label: y.label,
      kernel: kernels.concatenate,
      uniforms: { rows: y.rows, width: y.width, widthOfB: b.width },
      bindings: [read(a), read(b), write(y)],
      groups: perElement(y.rows, y.width),
    }),
  ];
};

export const lowerColumns: Lowering<"columns"> = (node) => {
  const { x } = node.inputs;
  const y = outputOf(node);
  return [
    dispatch({
      label: y.label,
      kernel: kernels.columns,
      uniforms: { rows: y.rows, width: y.width, widthOfX: x.width, first: node.attributes.first },
      bindings: [read(x), write(y)],
      groups: perElement(y.rows, y.width),
    }),
  ];
};
