/** Parameters as one matrix. A stack of frozen parameters is put together once and lasts. */
import { concat, type Tensor } from "@tensorflow/tfjs-core";
import type { StackNode } from "../../graph/operations/stack.ts";
import type { ForwardPass } from "../forwardPass.ts";

/** [ΣN, W], or [1, ΣW] of single rows. */
export function stack({ inputs: { parts }, outputs }: StackNode, pass: ForwardPass): Tensor[] {
  const axis = outputs[0]?.rows === 1 ? 1 : 0;
  const lasting = outputs[0] === undefined ? undefined : pass.lastingStack(outputs[0]);
  return [
    lasting ??
      concat(
        parts.map((part) => pass.tensor(part)),
        axis,
      ),
  ];
}
