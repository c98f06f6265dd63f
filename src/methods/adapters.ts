/**
 * Bottleneck adapters behind the blocks of every layer. Houlsby et al. 2019 (section 2.1) put one behind each block, which
 * reads the block's output: z + U·f(D·z). Pfeiffer et al. 2021 (figure 5) put one behind feed-forward only, which reads
 * the normalised sum with the residual. Either result is added to the residual and normalised by the model's own norm.
 */
import { activation } from "../engine/graph/operations/activation.ts";
import { add } from "../engine/graph/operations/add.ts";
import { matmul } from "../engine/graph/operations/matmul.ts";
import type { Builder } from "../engine/graph/builder.ts";
import type { Tensor } from "../engine/graph/tensor.ts";
import type { ParameterShape } from "../engine/executor.ts";
import { normalValues } from "../lib/random.ts";
import type { ModelDimensions } from "../models/dimensions.schema.ts";
import type { Block } from "../models/family.ts";
import { trainsLayerNorm, type AdaptersSettings } from "./adapters.schema.ts";
import { bindHeadOnly } from "./headOnly.ts";
import { groups, type BoundMethod } from "./method.ts";

export function bindAdapters(settings: AdaptersSettings, dimensions: ModelDimensions): BoundMethod {
  const kinds =
    settings.placement === "houlsby" ? (["attention", "feed-forward"] as const) : (["feed-forward"] as const);
  const layers = Array.from({ length: dimensions.layers }, (_, layer) => layer);
  const tensors = layers.flatMap((layer) =>
    kinds.flatMap((kind) => shapesOf(`adapter.${layer}.${kind}`, settings, dimensions)),
  );
  const byName = new Map(tensors.map((shape) => [shape.name, shape]));
  return {
    ...bindHeadOnly(),
    tensors,
    trainsWeight: (place) => trainsLayerNorm(settings, place),
    hooks: (builder) => ({
      afterBlock(block) {
        const name = `adapter.${block.layer}.${block.kind}`;
        return byName.has(`${name}.down.weight`) ? adapted(builder, block, name, settings, byName) : block.output;
      },
    }),
    initialise: ({ random }) =>
      new Map(
        tensors.map(({ name, rows, width }) => {
          const scale = name.endsWith(".bias") ? 0 : settings.initialScale;
          return [name, normalValues(random, rows * width, scale)];
        }),
      ),
  };
}

/** D [bottleneck, D] and U [D, bottleneck] with their biases. */
function shapesOf(name: string, { bottleneck }: AdaptersSettings, { width }: ModelDimensions): ParameterShape[] {
  const group = groups.prompt;
  return [
    { name: `${name}.down.weight`, rows: bottleneck, width, group },
    { name: `${name}.down.bias`, rows: 1, width: bottleneck, group },
    { name: `${name}.up.weight`, rows: width, width: bottleneck, group },
    { name: `${name}.up.bias`, rows: 1, width, group },
  ];
}

function adapted(
  builder: Builder,
  { output, residual, normalise }: Block,
  name: string,
  settings: AdaptersSettings,
  shapes: ReadonlyMap<string, ParameterShape>,
): Tensor {
  const parameter = (part: string): Tensor => {
    const shape = shapes.get(`${name}.${part}`);
    if (shape === undefined) throw new Error(`Adapters have no tensor "${name}.${part}".`);
    return builder.parameter(shape);
  };
  const linear = (x: Tensor, part: string): Tensor =>
    matmul(builder, x, parameter(`${part}.weight`), {
      transposeB: true,
      bias: parameter(`${part}.bias`),
      label: `${name}.${part}`,
    });
  const read = settings.placement === "houlsby" ? output : normalise(add(builder, output, residual));
  const inner = activation(builder, linear(read, "down"), settings.activation, `${name}.activation`);
  return add(builder, output, linear(inner, "up"), name);
}
