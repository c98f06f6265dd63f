/** Settings of LoRA: low-rank updates beside frozen linear layers. */
import { z } from "zod";
import type { ModelDimensions } from "../models/dimensions.schema.ts";
import { linearRoles, linearSizes, type LinearRole } from "../models/linearRoles.schema.ts";
import { weightPlaceOf, type WeightPlace } from "../models/weightPlace.schema.ts";
import { headNumbers, modelNumbers, type MethodDescription } from "./method.schema.ts";

/** Choices of linear layers that people compare, by the name the form shows. */
const targetChoices = {
  "query-value": ["query", "value"],
  attention: ["query", "key", "value", "attention-output"],
  "feed-forward": ["intermediate", "output"],
  all: linearRoles,
} as const satisfies Record<string, readonly LinearRole[]>;

export const loraSchema = z.strictObject({
  kind: z.literal("lora"),
  rank: z.int().min(1).max(256).default(8).meta({ title: "Rank", description: "Inner width r of every update B·A." }),
  alpha: z
    .number()
    .positive()
    .max(65_536)
    .default(16)
    .meta({ title: "Alpha", description: "The update is scaled by alpha / rank." }),
  targets: z
    .union([z.enum(["query-value", "attention", "feed-forward", "all"]), z.array(z.enum(linearRoles)).min(1)])
    .default("query-value")
    .meta({
      title: "Updated weights",
      description:
        "Which linear layers of every transformer layer get an update. Where one layer makes queries, keys and values, it stands for each of them.",
    }),
  biases: z.enum(["none", "updated", "all"]).default("none").meta({
    title: "Biases",
    description: "Whether the model's own biases are trained too: none, those of the updated layers, or all.",
  }),
});

export type LoraSettings = z.infer<typeof loraSchema>;

/** The linear layers with an update, in the order of the forward pass, each once; a choice by name takes what the model has. */
export function loraTargets({ targets }: LoraSettings, { weights }: ModelDimensions): readonly LinearRole[] {
  if (typeof targets !== "string") return linearRoles.filter((role) => targets.includes(role));
  const present = new Set(weights.map(({ name }) => weightPlaceOf(name).role));
  const chosen = targetChoices[targets].map((role) => (present.has(role) ? role : stackOf(role)));
  return linearRoles.filter((role) => present.has(role) && chosen.includes(role));
}

/** The layer that makes queries, keys and values at once, for models where these are not layers of their own. */
function stackOf(role: LinearRole): LinearRole {
  return role === "query" || role === "key" || role === "value" ? "query-key-value" : role;
}

/** Whether a weight of the model is a bias that is trained beside the updates of these layers. */
export function trainsBias(
  { biases }: Pick<LoraSettings, "biases">,
  targets: readonly LinearRole[],
  { bias, role }: WeightPlace,
): boolean {
  return bias && (biases === "all" || (biases === "updated" && role !== undefined && targets.includes(role)));
}

export const lora: MethodDescription<typeof loraSchema> = {
  kind: "lora",
  family: "baselines",
  adds: "updates",
  label: "Low-rank updates",
  term: "LoRA",
  summary:
    "Trains a product of two thin matrices beside chosen weights. The weights stay frozen, and the product can be added to them afterwards, so that answering costs nothing extra.",
  source: "Hu et al. 2022 (LoRA)",
  schema: loraSchema,
  defaults: { learningRate: 0.005, weightDecay: 0 },
  trainedNumbers(settings, dimensions, classes) {
    const targets = loraTargets(settings, dimensions);
    const perLayer = targets
      .map((role) => linearSizes(role, dimensions))
      .reduce((sum, { inputs, outputs }) => sum + settings.rank * (inputs + outputs), 0);
    return {
      prompt: dimensions.layers * perLayer,
      head: headNumbers(dimensions.width, classes),
      model: modelNumbers(dimensions, (place) => trainsBias(settings, targets, place)),
    };
  },
  promptedLayers: () => [],
};
