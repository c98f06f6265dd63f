/**
 * BERT (Devlin et al. 2019; transformers' `models/bert/modeling_bert.py`): post-layer-norm encoder with learned positions,
 * token types and a pooler. The last layer computes only the rows somebody reads.
 */
import { z } from "zod";
import type { Builder } from "../engine/graph/builder.ts";
import { activation, type ActivationKind } from "../engine/graph/operations/activation.ts";
import { add } from "../engine/graph/operations/add.ts";
import { attention, type Columns } from "../engine/graph/operations/attention.ts";
import { gather } from "../engine/graph/operations/gather.ts";
import { layerNorm } from "../engine/graph/operations/layerNorm.ts";
import { matmul } from "../engine/graph/operations/matmul.ts";
import type { Segments, Tensor } from "../engine/graph/tensor.ts";
import type { ParameterShape } from "../engine/executor.ts";
import type { Block, EncoderOutputs, Family, FamilyModel, ForwardOptions } from "./family.ts";
import type { LinearRole } from "./linearRoles.schema.ts";
import { stackedLinear, stackedShapes } from "./stackedLinear.ts";

const activations = { gelu: "gelu", gelu_new: "gelu-tanh", gelu_pytorch_tanh: "gelu-tanh", relu: "relu" } as const;

const configSchema = z.object({
  model_type: z.literal("bert"),
  hidden_size: z.int().positive(),
  num_hidden_layers: z.int().positive(),
  num_attention_heads: z.int().positive(),
  intermediate_size: z.int().positive(),
  vocab_size: z.int().positive(),
  max_position_embeddings: z.int().positive(),
  type_vocab_size: z.int().positive().default(2),
  layer_norm_eps: z.number().positive().default(1e-12),
  hidden_act: z.enum(["gelu", "gelu_new", "gelu_pytorch_tanh", "relu"]).default("gelu"),
  position_embedding_type: z.literal("absolute").default("absolute"),
  is_decoder: z.literal(false).default(false),
});

type BertConfig = z.infer<typeof configSchema>;

const wordEmbeddings = "embeddings.word_embeddings.weight";
const decoderBias = "cls.predictions.bias";

/** Gives a frozen or trained weight by name; every weight of the model is asked for through it. */
type WeightSource = (name: string) => Tensor;

export const bert: Family = { id: "bert", configure };

function configure(input: unknown): FamilyModel {
  const parsed = configSchema.safeParse(input);
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new Error(`config.json does not describe a BERT encoder this studio can run. ${fields.join("; ")}`);
  }
  const config = parsed.data;
  if (config.hidden_size % config.num_attention_heads !== 0) {
    throw new Error(
      `config.json: hidden_size ${config.hidden_size} cannot be divided into ${config.num_attention_heads} attention heads.`,
    );
  }
  const weights = weightShapes(config);
  return {
    family: "bert",
    dimensions: dimensionsOf(config, weights),
    causal: false,
    classifier: { name: "classifier", bias: true },
    fanInFanOut: false,
    weights,
    languageModelWeights: languageModelShapes(config),
    decoderBias,
    wordEmbeddings,
    weightAliases,
    isKnownExtra: (name) => /^(cls\.|classifier\.|bert\.embeddings\.position_ids|embeddings\.position_ids)/.test(name),
    forward: (builder, options) => forward(builder, config, [...weights, ...languageModelShapes(config)], options),
  };
}

function dimensionsOf(config: BertConfig, weights: readonly ParameterShape[]) {
  return {
    layers: config.num_hidden_layers,
    width: config.hidden_size,
    heads: config.num_attention_heads,
    feedForward: config.intermediate_size,
    vocabulary: config.vocab_size,
    positions: config.max_position_embeddings,
    tokenTypes: config.type_vocab_size,
    parameters: weights.reduce((sum, { rows, width }) => sum + rows * width, 0),
    weights: weights.map(({ name, rows, width }) => ({ name, numbers: rows * width })),
  };
}

/** With and without the `bert.` prefix, and layer norms as `gamma`/`beta` in files converted from TensorFlow. */
function weightAliases(name: string): string[] {
  const old = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
  return [...new Set([`bert.${name}`, name, `bert.${old}`, old])];
}

function weightShapes(config: BertConfig): ParameterShape[] {
  const { hidden_size: width, intermediate_size: feedForward } = config;
  const linear = (name: string, outputs: number, inputs: number): ParameterShape[] => [
    { name: `${name}.weight`, rows: outputs, width: inputs },
    { name: `${name}.bias`, rows: 1, width: outputs },
  ];
  const norm = (name: string): ParameterShape[] => [
    { name: `${name}.LayerNorm.weight`, rows: 1, width },
    { name: `${name}.LayerNorm.bias`, rows: 1, width },
  ];
  const layer = (index: number): ParameterShape[] => {
    const prefix = layerName(index);
    return [
      ...stackedShapes(
        `${prefix}.attention.self`,
        ["query", "key", "value"].flatMap((part) => linear(`${prefix}.attention.self.${part}`, width, width)),
      ),
      ...linear(`${prefix}.attention.output.dense`, width, width),
      ...norm(`${prefix}.attention.output`),
      ...linear(`${prefix}.intermediate.dense`, feedForward, width),
      ...linear(`${prefix}.output.dense`, width, feedForward),
      ...norm(`${prefix}.output`),
    ];
  };
  return [
    { name: "embeddings.word_embeddings.weight", rows: config.vocab_size, width },
    { name: "embeddings.position_embeddings.weight", rows: config.max_position_embeddings, width },
    { name: "embeddings.token_type_embeddings.weight", rows: config.type_vocab_size, width },
    ...norm("embeddings"),
    ...Array.from({ length: config.num_hidden_layers }, (_, index) => layer(index)).flat(),
    ...linear("pooler.dense", width, width),
  ];
}

/** As in transformers' BertForMaskedLM and BertForPreTraining. */
function languageModelShapes({ hidden_size: width, vocab_size: vocabulary }: BertConfig): ParameterShape[] {
  const transform = "cls.predictions.transform";
  return [
    { name: `${transform}.dense.weight`, rows: width, width },
    { name: `${transform}.dense.bias`, rows: 1, width },
    { name: `${transform}.LayerNorm.weight`, rows: 1, width },
    { name: `${transform}.LayerNorm.bias`, rows: 1, width },
    { name: decoderBias, rows: 1, width: vocabulary },
  ];
}

function layerName(index: number): string {
  return `encoder.layer.${index}`;
}

function forward(
  builder: Builder,
  config: BertConfig,
  weights: readonly ParameterShape[],
  options: ForwardOptions,
): EncoderOutputs {
  const shapes = new Map(weights.map((shape) => [shape.name, shape]));
  const { rows } = options;
  const weight: WeightSource = (name) => {
    const shape = shapes.get(name);
    if (shape === undefined) throw new Error(`BERT has no weight "${name}".`);
    const group = options.weightGroup?.(name);
    return builder.parameter(group === undefined ? shape : { ...shape, group });
  };
  let hidden = embed(builder, config, weight, options);
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const queries = layer === config.num_hidden_layers - 1 ? rows.needed : rows.tokens;
    hidden = encoderLayer(builder, config, weight, { hidden, layer, queries, options });
  }
  return {
    hidden,
    pooled: () => activation(builder, linear(builder, weight, hidden, "pooler.dense"), "tanh", "pooled"),
    languageModel: () => ({
      features: maskedLanguageModel(builder, config, weight, hidden),
      decoder: weight(wordEmbeddings),
    }),
  };
}

/** The transform in front of the tied decoder: norm(activation(linear)), [needed, D] → [needed, D]. */
function maskedLanguageModel(builder: Builder, config: BertConfig, weight: WeightSource, hidden: Tensor): Tensor {
  const name = "cls.predictions.transform";
  const active = activation(builder, linear(builder, weight, hidden, `${name}.dense`), activations[config.hidden_act]);
  return norm(builder, config, weight, active, name);
}

/** Word + position + type (+ soft prompt) embeddings, then layer norm. */
function embed(builder: Builder, config: BertConfig, weight: WeightSource, { rows, hooks }: ForwardOptions): Tensor {
  const { space } = rows.tokens;
  const term = (table: string, index: string) => ({
    table: weight(`embeddings.${table}.weight`),
    index: builder.index(`${space.name}.${index}`, space),
  });
  const terms = [
    term("word_embeddings", "word"),
    term("position_embeddings", "position"),
    term("token_type_embeddings", "type"),
    ...(hooks.inputPrompt === undefined ? [] : [hooks.inputPrompt]),
  ];
  return norm(builder, config, weight, gather(builder, terms, "embeddings"), "embeddings");
}

interface LayerInputs {
  readonly hidden: Tensor;
  readonly layer: number;
  readonly queries: Segments;
  readonly options: ForwardOptions;
}

function encoderLayer(builder: Builder, config: BertConfig, weight: WeightSource, inputs: LayerInputs): Tensor {
  const { hidden, layer, queries, options } = inputs;
  const { hooks } = options;
  const { tokens } = options.rows;
  const name = layerName(layer);
  const projection = (role: LinearRole, x: Tensor, part: string): Tensor => {
    const y = linear(builder, weight, x, `${name}.${part}`);
    return hooks.wrapLinear?.({ layer, role }, x, y) ?? y;
  };
  /** norm(output + residual), with whatever the method puts behind the block. */
  const closed = (kind: Block["kind"], output: Tensor, residual: Tensor, part: string): Tensor => {
    const normalise = (sum: Tensor): Tensor => norm(builder, config, weight, sum, `${name}.${part}`);
    const adapted = hooks.afterBlock?.({ layer, kind, output, residual, normalise }) ?? output;
    return normalise(add(builder, adapted, residual));
  };
  const asking = queries.space === tokens.space ? hidden : rowsOf(builder, hidden, queries);
  const prompt = hooks.layerPrompt?.(layer);
  const self = `${name}.attention.self`;
  // Queries of all rows come out of the product that makes keys and values; a method that looks at one gets it alone.
  const together = asking === hidden ? ["query", "key", "value"] : ["key", "value"];
  const names = hooks.wrapLinear === undefined ? together.map((part) => `${self}.${part}`) : [];
  const stacked = stackedLinear(builder, weight, hidden, { names, label: self });
  const operand = (role: "query" | "key" | "value", x: Tensor): Tensor | Columns =>
    stacked.get(`${self}.${role}`) ?? projection(role, x, `attention.self.${role}`);
  const attended = attention(builder, {
    q: operand("query", asking),
    k: operand("key", hidden),
    v: operand("value", hidden),
    queries,
    keys: tokens,
    heads: config.num_attention_heads,
    label: `${name}.attention`,
    ...(prompt === undefined ? {} : { prompt }),
  });
  const mixed = projection("attention-output", attended, "attention.output.dense");
  const afterAttention = closed("attention", mixed, asking, "attention.output");
  const inner = projection("intermediate", afterAttention, "intermediate.dense");
  const kind: ActivationKind = activations[config.hidden_act];
  const expanded = activation(builder, inner, kind, `${name}.activation`);
  return closed("feed-forward", projection("output", expanded, "output.dense"), afterAttention, "output");
}

/** The needed rows out of all tokens; index input `<space>.row`. */
function rowsOf(builder: Builder, hidden: Tensor, { space }: Segments): Tensor {
  return gather(builder, [{ table: hidden, index: builder.index(`${space.name}.row`, space) }], `${space.name} rows`);
}

function linear(builder: Builder, weight: WeightSource, x: Tensor, name: string): Tensor {
  return matmul(builder, x, weight(`${name}.weight`), { transposeB: true, bias: weight(`${name}.bias`), label: name });
}

function norm(builder: Builder, config: BertConfig, weight: WeightSource, x: Tensor, name: string): Tensor {
  return layerNorm(builder, x, {
    gain: weight(`${name}.LayerNorm.weight`),
    bias: weight(`${name}.LayerNorm.bias`),
    epsilon: config.layer_norm_eps,
    label: `${name}.LayerNorm`,
  });
}
