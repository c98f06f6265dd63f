/** Two tensors side by side. */
import { concat, type Tensor } from "@tensorflow/tfjs-core";
import type { ConcatenateNode } from "../../graph/operations/concatenate.ts";
import type { ForwardPass } from "../forwardPass.ts";

/** [R, N + M] */
export function concatenate({ inputs }: ConcatenateNode, pass: ForwardPass): Tensor[] {
  return [concat([pass.tensor(inputs.a), pass.tensor(inputs.b)], 1)];
}
