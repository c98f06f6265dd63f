/** A tensor times a fixed number. */
import { mul, type Tensor } from "@tensorflow/tfjs-core";
import type { ScaleNode } from "../../graph/operations/scale.ts";
import type { ForwardPass } from "../forwardPass.ts";

/** [R, N] */
export function scale({ inputs, attributes }: ScaleNode, pass: ForwardPass): Tensor[] {
  return [mul(pass.tensor(inputs.x), attributes.factor)];
}
