/**
 * PEFT's low-rank updates. Ranks, alphas and layers that differ from module to module are brought to one rank by rows and
 * columns of zeros, which changes no result: an update whose A and B are zero adds nothing and has no gradient.
 */
import { z } from "zod";
import {
  commonFields,
  modulesToSave,
  peftBiases,
  peftFileNames,
  readFields,
  type PeftFields,
  type PeftLora,
  type PeftUpdate,
  type TensorShelf,
} from "./peftFormat.ts";
import type { FileTensor } from "./safetensors.ts";

const prefix = "base_model.model.";
const downEnd = ".lora_A.weight";
const upEnd = ".lora_B.weight";
const biasEnd = ".base_layer.bias";

/** Those about a start, dropout or another trainer matter to training in PEFT only. */
const knownFields = [
  ...commonFields,
  "alpha_pattern",
  "bias",
  "ensure_weight_tying",
  "eva_config",
  "exclude_modules",
  "fan_in_fan_out",
  "init_lora_weights",
  "layers_pattern",
  "layers_to_transform",
  "lora_alpha",
  "lora_dropout",
  "megatron_core",
  "qalora_group_size",
  "r",
  "rank_pattern",
  "target_modules",
  "use_rslora",
];

/** Other starts change the base model's own weights, which an adapter's file does not hold. */
const harmlessStarts: readonly unknown[] = [true, false, null, "gaussian", "eva", "orthogonal"];

const schema = z.looseObject({
  r: z.int().positive(),
  lora_alpha: z.number().positive(),
  bias: z.enum(peftBiases).default("none"),
  fan_in_fan_out: z.boolean().default(false),
  use_rslora: z.boolean().default(false),
  alpha_pattern: z.record(z.string(), z.number().positive()).nullish(),
  target_modules: z.union([z.string(), z.array(z.string())]).nullish(),
  init_lora_weights: z.unknown().optional(),
});

type LoraConfig = z.infer<typeof schema>;
type LoraParts = Omit<PeftLora, "task" | "baseModel" | "modelHash">;

/** Throws when configuration and tensors do not belong together. */
export function readPeftLora(fields: PeftFields, shelf: TensorShelf): LoraParts {
  const config = readFields(fields, schema, knownFields);
  const { init_lora_weights: start = true, target_modules: targets } = config;
  if (!harmlessStarts.includes(start)) {
    throw new Error(
      `${peftFileNames.config}: init_lora_weights is "${String(start)}", which changes the base model's weights too. Convert the adapter to a plain LoRA with PEFT first.`,
    );
  }
  const found = shelf.names.filter((name) => name.startsWith(prefix) && name.endsWith(downEnd));
  if (found.length === 0) throw new Error(`${peftFileNames.weights} has no tensor that ends in ${downEnd}.`);
  const modules = found.map((name) => moduleOf(name.slice(prefix.length, -downEnd.length), config, shelf));
  const rank = Math.max(...modules.map((module) => module.rank));
  const alpha = commonScale(modules) * rank;
  const head = shelf.takeHead(prefix);
  return {
    kind: "lora",
    rank,
    alpha,
    bias: config.bias,
    fanInFanOut: config.fan_in_fan_out,
    targetModules: typeof targets === "string" ? [targets] : (targets ?? []),
    updates: modules.map((module) => withRank(module, rank, alpha)),
    biases: config.bias === "none" ? [] : takeBiases(shelf),
    head,
  };
}

interface OwnUpdate extends PeftUpdate {
  readonly rank: number;
  readonly scale: number;
}

function moduleOf(module: string, config: LoraConfig, shelf: TensorShelf): OwnUpdate {
  const [down, up] = [shelf.take(prefix + module + downEnd), shelf.take(prefix + module + upEnd)];
  const [rank = 0] = down.shape;
  if (down.shape.length !== 2 || up.shape.length !== 2 || up.shape[1] !== rank) {
    throw new Error(
      `"${module}": A has shape [${down.shape.join(", ")}] and B [${up.shape.join(", ")}]; expected [r, inputs] and [outputs, r].`,
    );
  }
  const hasPattern = Object.keys(config["rank_pattern"] ?? {}).length > 0;
  if (rank !== config.r && !hasPattern) {
    throw new Error(`${peftFileNames.config} says rank r = ${config.r}, but A of "${module}" has ${rank} rows.`);
  }
  const alpha = alphaOf(module, config);
  return {
    module,
    rank,
    down: down.values,
    up: up.values,
    scale: alpha / (config.use_rslora ? Math.sqrt(rank) : rank),
  };
}

/** The first pattern that fits the end of the module's name, as PEFT's `get_pattern_key` chooses. */
function alphaOf(module: string, { alpha_pattern: patterns, lora_alpha: alpha }: LoraConfig): number {
  const own = Object.entries(patterns ?? {}).find(([pattern]) => new RegExp(`^(?:.*\\.)?(?:${pattern})$`).test(module));
  return own?.[1] ?? alpha;
}

/** The scale of most modules, so that as few as possible have to be scaled in their numbers. */
function commonScale(modules: readonly OwnUpdate[]): number {
  const counts = new Map<number, number>();
  for (const { scale } of modules) counts.set(scale, (counts.get(scale) ?? 0) + 1);
  const [most] = [...counts].toSorted((a, b) => b[1] - a[1]);
  return most?.[0] ?? 1;
}

/** The same update with `rank` rows of A and columns of B under the common alpha. */
function withRank({ module, rank: own, scale, down, up }: OwnUpdate, rank: number, alpha: number): PeftUpdate {
  const factor = scale / (alpha / rank);
  const scaled = factor === 1 ? up : up.map((value) => value * factor);
  if (own === rank) return { module, down, up: scaled };
  const wideDown = new Float32Array((down.length / own) * rank);
  wideDown.set(down);
  const outputs = up.length / own;
  const wideUp = new Float32Array(outputs * rank);
  for (let row = 0; row < outputs; row++) wideUp.set(scaled.subarray(row * own, (row + 1) * own), row * rank);
  return { module, down: wideDown, up: wideUp };
}

/** PEFT writes a head's bias up to three times when it trains all biases; the head itself has it. */
function takeBiases(shelf: TensorShelf): FileTensor[] {
  return shelf.names.flatMap((name) => {
    if (!name.startsWith(prefix) || !name.endsWith(".bias")) return [];
    const tensor = shelf.take(name);
    if (/\.(?:modules_to_save|original_module)\.bias$/.test(name)) return [];
    return [{ ...tensor, name: name.slice(prefix.length).replace(/\.base_layer\.bias$/, ".bias") }];
  });
}

/** Fields and tensors of updates. */
export function writePeftLora(adapter: PeftLora): { fields: PeftFields; tensors: FileTensor[] } {
  const { task, rank, alpha, bias, fanInFanOut, targetModules, updates, biases, head } = adapter;
  const fields = {
    alpha_pattern: {},
    bias,
    fan_in_fan_out: fanInFanOut,
    init_lora_weights: true,
    layers_pattern: null,
    layers_to_transform: null,
    lora_alpha: alpha,
    lora_dropout: 0,
    modules_to_save: modulesToSave[task],
    r: rank,
    rank_pattern: {},
    target_modules: targetModules,
  };
  const updated = new Set(updates.map(({ module }) => `${module}.bias`));
  const named = (name: string): string => (updated.has(name) ? name.replace(/\.bias$/, biasEnd) : name);
  const tensors = [
    ...head.map((tensor) => ({ ...tensor, name: prefix + tensor.name })),
    ...biases.map((tensor) => ({ ...tensor, name: prefix + named(tensor.name) })),
    ...updates.flatMap(({ module, down, up }) => [
      { name: prefix + module + downEnd, shape: [rank, down.length / rank], values: down },
      { name: prefix + module + upEnd, shape: [up.length / rank, rank], values: up },
    ]),
  ];
  return { fields, tensors: tensors.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
}
