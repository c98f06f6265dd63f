/** Settings of LoRA: low-rank updates beside frozen linear layers. */
import { z } from "zod";
import { linearRoles, linearSizes, type LinearRole } from "../models/linearRoles.schema.ts";
import { headNumbers, type MethodDescription } from "./method.schema.ts";

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
    .max(1024)
    .default(16)
    .meta({ title: "Alpha", description: "The update is scaled by alpha / rank." }),
  targets: z
    .union([z.enum(["query-value", "attention", "feed-forward", "all"]), z.array(z.enum(linearRoles)).min(1)])
    .default("query-value")
    .meta({ title: "Updated weights", description: "Which linear layers of every transformer layer get an update." }),
});

export type LoraSettings = z.infer<typeof loraSchema>;

/** The linear layers with an update, in the order of the forward pass, each once. */
export function loraTargets({ targets }: LoraSettings): readonly LinearRole[] {
  const chosen: readonly LinearRole[] = typeof targets === "string" ? targetChoices[targets] : targets;
  return linearRoles.filter((role) => chosen.includes(role));
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
    const perLayer = loraTargets(settings)
      .map((role) => linearSizes(role, dimensions))
      .reduce((sum, { inputs, outputs }) => sum + settings.rank * (inputs + outputs), 0);
    return { prompt: dimensions.layers * perLayer, head: headNumbers(dimensions.width, classes), model: 0 };
  },
  promptedLayers: () => [],
};
