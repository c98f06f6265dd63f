/** Dropout: the mask is made on the host from the same counters as on WebGPU. */
import { mul, tensor2d, type Tensor } from "@tensorflow/tfjs-core";
import { dropoutHash, dropoutScale, dropoutThreshold, type DropoutNode } from "../../graph/operations/dropout.ts";
import type { ForwardPass } from "../forwardPass.ts";

/** [R, N] */
export function dropout({ inputs: { x }, indices, attributes }: DropoutNode, pass: ForwardPass): Tensor[] {
  const [key, examples, positions] = [
    pass.index(indices.key),
    pass.index(indices.example),
    pass.index(indices.position),
  ];
  const [threshold, factor] = [dropoutThreshold(attributes), dropoutScale(attributes)];
  const rows = pass.rows(x.rows);
  const mask = new Float32Array(rows * x.width);
  for (let row = 0; row < rows; row++) {
    const counters = [...key, attributes.stream, examples[row] ?? 0, positions[row] ?? 0];
    for (let column = 0; column < x.width; column++) {
      const isKept = dropoutHash([...counters, column]) >= threshold;
      mask[row * x.width + column] = isKept ? factor : 0;
    }
  }
  return [mul(pass.tensor(x), tensor2d(mask, [rows, x.width]))];
}
