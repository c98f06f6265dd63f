/** One direction of an LSTM layer and its gradient: one dispatch each, of one workgroup that walks the steps. */
import { countRows } from "../../graph/tensor.ts";
import { dispatch, read, write } from "../dispatch.ts";
import { kernels } from "../kernels/index.ts";
import { outputOf, type Lowering, type LoweringContext } from "./lowering.ts";

export const lowerLstm: Lowering<"lstm"> = (node, context) => {
  const { x, weight, bias } = node.inputs;
  const outputs = [0, 1, 2, 3].map((index) => write(outputOf(node, index)));
  return [
    dispatch({
      label: outputOf(node).label,
      kernel: kernels.lstm,
      constants: constantsOf(node.attributes.reverse, context),
      uniforms: { rows: x.rows, hidden: weight.width },
      bindings: [read(x), read(weight), read(bias), ...outputs],
      groups: [{ counts: [1], per: 1 }],
      flops: 8 * countRows(x.rows, context.capacities) * weight.width ** 2,
    }),
  ];
};

export const lowerLstmGradient: Lowering<"lstmGradient"> = (node, context) => {
  const { dy, gates, cells, weight } = node.inputs;
  const dx = outputOf(node);
  return [
    dispatch({
      label: dx.label,
      kernel: kernels.lstmGradient,
      constants: constantsOf(node.attributes.reverse, context),
      uniforms: { rows: dy.rows, hidden: weight.width },
      bindings: [
        read(dy),
        read(gates),
        read(cells),
        read(weight),
        write(dx),
        write(context.temporary(`${dx.label} carry`, 1, weight.width)),
      ],
      groups: [{ counts: [1], per: 1 }],
      flops: 8 * countRows(dy.rows, context.capacities) * weight.width ** 2,
    }),
  ];
};

/** As many threads as every device allows in a workgroup; few where each one costs a barrier. */
function constantsOf(reverse: boolean, { software }: LoweringContext): Record<string, number> {
  return { lanes: software ? 16 : 256, reverse: reverse ? 1 : 0 };
}
