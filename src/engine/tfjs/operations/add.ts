/** Elementwise sum. */
import { add as sum, type Tensor } from "@tensorflow/tfjs-core";
import type { AddNode } from "../../graph/operations/add.ts";
import type { ForwardPass } from "../forwardPass.ts";

/** [R, N] */
export function add({ inputs }: AddNode, pass: ForwardPass): Tensor[] {
  return [sum(pass.tensor(inputs.a), pass.tensor(inputs.b))];
}
