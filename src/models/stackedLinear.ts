/**
 * Several linear layers of one input as one product over their weights laid end to end: queries, keys and values of an
 * attention. Each layer keeps its own weight and bias by name, frozen or trained.
 */
import type { Builder } from "../engine/graph/builder.ts";
import { columns, type Columns } from "../engine/graph/operations/attention.ts";
import { matmul } from "../engine/graph/operations/matmul.ts";
import { canStack, stack } from "../engine/graph/operations/stack.ts";
import type { Tensor } from "../engine/graph/tensor.ts";
import type { ParameterShape } from "../engine/executor.ts";

/** The shapes of linear layers that may be stacked: all weights first, then all biases, each marked as one stack. */
export function stackedShapes(name: string, linears: readonly ParameterShape[]): ParameterShape[] {
  return ["weight", "bias"].flatMap((kind) =>
    linears.filter((shape) => shape.name.endsWith(`.${kind}`)).map((shape) => ({ ...shape, stack: `${name}.${kind}` })),
  );
}

/**
 * x [R, D] through the linear layers of these names, as columns of one tensor by name. Empty when the layers cannot be
 * stacked: their sizes do not fit, or only some are trained.
 */
export function stackedLinear(
  builder: Builder,
  weight: (name: string) => Tensor,
  x: Tensor,
  { names, label }: { readonly names: readonly string[]; readonly label: string },
): Map<string, Columns> {
  const weights = names.map((name) => weight(`${name}.weight`));
  const biases = names.map((name) => weight(`${name}.bias`));
  if (names.length < 2 || !canStack(weights) || !canStack(biases)) return new Map();
  const bias = stack(builder, biases, `${label}.bias`);
  const y = matmul(builder, x, stack(builder, weights, `${label}.weight`), { transposeB: true, bias, label });
  let first = 0;
  return new Map(
    names.map((name, place) => {
      const own = columns(y, first, biases[place]?.width ?? 0);
      first += own.width;
      return [name, own];
    }),
  );
}
