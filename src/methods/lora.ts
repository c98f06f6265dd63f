/**
 * LoRA: y + (alpha / r)·x·Aᵀ·Bᵀ beside chosen linear layers (Hu et al. 2022, section 4.1; PEFT's `tuners/lora/layer.py`).
 * A starts as torch.nn.Linear does and B at zero, so the first forward pass is the frozen model's.
 */
import { add } from "../engine/graph/operations/add.ts";
import { matmul } from "../engine/graph/operations/matmul.ts";
import { scale } from "../engine/graph/operations/scale.ts";
import type { ParameterShape } from "../engine/executor.ts";
import { uniformValues } from "../lib/random.ts";
import type { ModelDimensions } from "../models/dimensions.schema.ts";
import type { LinearPlace } from "../models/family.ts";
import { linearSizes } from "../models/linearRoles.schema.ts";
import { bindHeadOnly } from "./headOnly.ts";
import { loraTargets, trainsBias, type LoraSettings } from "./lora.schema.ts";
import { groups, type BoundMethod } from "./method.ts";

export function bindLora(settings: LoraSettings, dimensions: ModelDimensions): BoundMethod {
  const roles = loraTargets(settings, dimensions);
  const layers = Array.from({ length: dimensions.layers }, (_, layer) => layer);
  const pairs = layers.flatMap((layer) => roles.map((role) => pairOf({ layer, role }, settings, dimensions)));
  const byName = new Map(pairs.map((pair) => [pair.down.name, pair]));
  return {
    ...bindHeadOnly(),
    trainsWeight: (place) => trainsBias(settings, roles, place),
    tensors: pairs.flatMap(({ down, up }) => [down, up]),
    hooks: (builder) => ({
      wrapLinear(place, x, y) {
        const pair = byName.get(loraName(place, "A"));
        if (pair === undefined) return y;
        const label = `lora ${place.layer} ${place.role}`;
        const inner = matmul(builder, x, builder.parameter(pair.down), { transposeB: true, label: `${label} inner` });
        const update = matmul(builder, inner, builder.parameter(pair.up), { transposeB: true, label });
        return add(builder, y, scale(builder, update, settings.alpha / settings.rank, `${label} scaled`), label);
      },
    }),
    initialise: ({ random }) =>
      new Map(
        pairs.flatMap(({ down, up }): [string, Float32Array][] => [
          // torch's kaiming_uniform_ with a = √5 draws from ±1/√(inputs).
          [down.name, uniformValues(random, down.rows * down.width, 1 / Math.sqrt(down.width))],
          [up.name, new Float32Array(up.rows * up.width)],
        ]),
      ),
  };
}

/** `lora.<layer>.<role>.A` or `.B`. */
export function loraName({ layer, role }: LinearPlace, part: "A" | "B"): string {
  return `lora.${layer}.${role}.${part}`;
}

/** A [r, inputs] and B [outputs, r]. */
function pairOf(
  place: LinearPlace,
  { rank }: LoraSettings,
  dimensions: ModelDimensions,
): { down: ParameterShape; up: ParameterShape } {
  const { inputs, outputs } = linearSizes(place.role, dimensions);
  return {
    down: { name: loraName(place, "A"), rows: rank, width: inputs, group: groups.prompt },
    up: { name: loraName(place, "B"), rows: outputs, width: rank, group: groups.prompt },
  };
}
