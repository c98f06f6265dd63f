/** Parameters end to end, by copies. Only for those that do not lie so already (`outsideArena.ts`), which a model avoids. */
import type { Tensor } from "../../graph/tensor.ts";
import type { Dispatch } from "../dispatch.ts";
import { copyOf } from "./elementwise.ts";
import { outputOf, type Lowering } from "./lowering.ts";

export const lowerStack: Lowering<"stack"> = (node) => {
  const y = outputOf(node);
  return endToEnd(node.inputs.parts, (part, to) => copyOf(part, y, { shape: part, to }));
};

export const lowerUnstack: Lowering<"unstack"> = (node) =>
  endToEnd(node.outputs, (part, first) => copyOf(node.inputs.x, part, { first }));

/** One dispatch per part, which is told how many numbers lie before it. */
function endToEnd(parts: readonly Tensor[], copy: (part: Tensor, before: number) => Dispatch): Dispatch[] {
  let before = 0;
  return parts.map((part) => {
    const made = copy(part, before);
    if (typeof part.rows !== "number") throw new Error(`"${part.label}" is not a parameter and cannot be stacked.`);
    before += part.rows * part.width;
    return made;
  });
}
