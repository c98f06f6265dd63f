/**
 * GPT-2 (Radford et al. 2019; transformers' `models/gpt2/modeling_gpt2.py`): pre-layer-norm decoder with causal attention,
 * learned positions and a decoder tied to the word embeddings. Its linear layers are Conv1D: weights lie [in, out], as in
 * the file, and one of them makes queries, keys and values together.
 *
 * The last layer's feed-forward computes only the rows somebody reads. Rows of a soft prompt never see the text, so that
 * they may be computed once for the whole batch, as a trunk of their own (`EncoderRows.trunk`).
 */
import type { Builder } from "../engine/graph/builder.ts";
import { activation } from "../engine/graph/operations/activation.ts";
import { add } from "../engine/graph/operations/add.ts";
import { attention, columns, type AttentionPrompt, type RowSpans } from "../engine/graph/operations/attention.ts";
import { gather, type GatherTerm } from "../engine/graph/operations/gather.ts";
import { layerNorm } from "../engine/graph/operations/layerNorm.ts";
import { matmul } from "../engine/graph/operations/matmul.ts";
import type { Segments, Tensor } from "../engine/graph/tensor.ts";
import type { ParameterShape } from "../engine/executor.ts";
import type { Block, EncoderOutputs, Family, FamilyModel, ForwardOptions, PromptTrunk } from "./family.ts";
import { activationOf, innerWidth, layerName, parseGpt2Config, type Gpt2Config } from "./gpt2Config.ts";
import type { LinearRole } from "./linearRoles.schema.ts";

const wordEmbeddings = "wte.weight";
const untiedDecoder = "lm_head.weight";

export const gpt2: Family = { id: "gpt2", configure };

function configure(input: unknown): FamilyModel {
  const config = parseGpt2Config(input);
  const weights = weightShapes(config);
  const languageModelWeights = config.tie_word_embeddings
    ? []
    : [{ name: untiedDecoder, rows: config.vocab_size, width: config.n_embd }];
  return {
    family: "gpt2",
    dimensions: dimensionsOf(config, weights),
    causal: true,
    classifier: { name: "score", bias: false },
    fanInFanOut: true,
    weights,
    languageModelWeights,
    wordEmbeddings,
    weightAliases: (name) => (name === untiedDecoder ? [name] : [`transformer.${name}`, name]),
    isKnownExtra: (name) => /^(lm_head|score)\.|(?:^|\.)attn\.(bias|masked_bias)$/.test(name),
    forward: (builder, options) =>
      new Decoder(builder, config, [...weights, ...languageModelWeights], options).forward(),
  };
}

function dimensionsOf(config: Gpt2Config, weights: readonly ParameterShape[]) {
  return {
    layers: config.n_layer,
    width: config.n_embd,
    heads: config.n_head,
    feedForward: innerWidth(config),
    vocabulary: config.vocab_size,
    positions: config.n_positions,
    tokenTypes: 0,
    parameters: weights.reduce((sum, { rows, width }) => sum + rows * width, 0),
    weights: weights.map(({ name, rows, width }) => ({ name, numbers: rows * width })),
  };
}

function weightShapes(config: Gpt2Config): ParameterShape[] {
  const { n_embd: width } = config;
  const inner = innerWidth(config);
  const linear = (name: string, inputs: number, outputs: number): ParameterShape[] => [
    { name: `${name}.weight`, rows: inputs, width: outputs },
    { name: `${name}.bias`, rows: 1, width: outputs },
  ];
  const norm = (name: string): ParameterShape[] => [
    { name: `${name}.weight`, rows: 1, width },
    { name: `${name}.bias`, rows: 1, width },
  ];
  const layer = (index: number): ParameterShape[] => {
    const prefix = layerName(index);
    return [
      ...norm(`${prefix}.ln_1`),
      ...linear(`${prefix}.attn.c_attn`, width, 3 * width),
      ...linear(`${prefix}.attn.c_proj`, width, width),
      ...norm(`${prefix}.ln_2`),
      ...linear(`${prefix}.mlp.c_fc`, width, inner),
      ...linear(`${prefix}.mlp.c_proj`, inner, width),
    ];
  };
  return [
    { name: wordEmbeddings, rows: config.vocab_size, width },
    { name: "wpe.weight", rows: config.n_positions, width },
    ...Array.from({ length: config.n_layer }, (_, index) => layer(index)).flat(),
    ...norm("ln_f"),
  ];
}

/** One forward pass being written down. */
class Decoder {
  readonly #builder: Builder;
  readonly #config: Gpt2Config;
  readonly #shapes: ReadonlyMap<string, ParameterShape>;
  readonly #options: ForwardOptions;

  constructor(builder: Builder, config: Gpt2Config, weights: readonly ParameterShape[], options: ForwardOptions) {
    this.#builder = builder;
    this.#config = config;
    this.#shapes = new Map(weights.map((shape) => [shape.name, shape]));
    this.#options = options;
  }

  forward(): EncoderOutputs {
    const { tokens, needed, trunk } = this.#options.rows;
    const last = this.#config.n_layer - 1;
    let hidden = this.#embedTokens();
    let inFront = trunk === undefined ? undefined : this.#embedTrunk(trunk);
    for (let layer = 0; layer <= last; layer++) {
      const shared = inFront === undefined ? undefined : this.#queriesKeysValues(layer, inFront);
      const prompt = this.#promptOf(layer, shared);
      const attended = this.#attend(layer, this.#queriesKeysValues(layer, hidden), tokens, prompt);
      // Nobody reads the trunk's rows above the last layer's keys and values.
      if (trunk !== undefined && inFront !== undefined && shared !== undefined && layer < last) {
        inFront = this.#finishLayer(layer, this.#attend(layer, shared, trunk.spans), inFront);
      }
      const reads = (x: Tensor): Tensor =>
        layer < last || needed.space === tokens.space ? x : this.#rowsOf(x, needed);
      hidden = this.#finishLayer(layer, reads(attended), reads(hidden));
    }
    const output = this.#norm("ln_f", hidden);
    const decoder = (): Tensor => this.#weight(this.#config.tie_word_embeddings ? wordEmbeddings : untiedDecoder);
    return {
      hidden: output,
      pooled: () => output,
      languageModel: () => ({ features: output, decoder: decoder() }),
    };
  }

  /** Word + position (+ soft prompt, unless it stands in a trunk) embeddings. */
  #embedTokens(): Tensor {
    const { rows, hooks } = this.#options;
    const { space } = rows.tokens;
    const term = (table: string, index: string): GatherTerm => ({
      table: this.#weight(`${table}.weight`),
      index: this.#builder.index(`${space.name}.${index}`, space),
    });
    const soft = hooks.inputPrompt === undefined || rows.trunk !== undefined ? [] : [hooks.inputPrompt];
    return gather(this.#builder, [term("wte", "word"), term("wpe", "position"), ...soft], "embeddings");
  }

  /** The soft prompt's rows with their positions, once for all sequences. */
  #embedTrunk({ slot, position }: PromptTrunk): Tensor {
    const { inputPrompt, layerPrompt } = this.#options.hooks;
    if (inputPrompt === undefined || layerPrompt !== undefined) {
      throw new Error("A trunk holds a soft prompt and nothing else; this method has another prompt.");
    }
    const terms = [
      { table: inputPrompt.table, index: slot },
      { table: this.#weight("wpe.weight"), index: position },
    ];
    return gather(this.#builder, terms, "prompt embeddings");
  }

  /** [R, 3·D], queries, keys and values side by side. */
  #queriesKeysValues(layer: number, x: Tensor): Tensor {
    const name = layerName(layer);
    return this.#projection({ layer, role: "query-key-value" }, this.#norm(`${name}.ln_1`, x), `${name}.attn.c_attn`);
  }

  /** What stands in front of the layer's keys: the trunk's own keys and values, or the method's. */
  #promptOf(layer: number, shared: Tensor | undefined): AttentionPrompt | undefined {
    const { rows, hooks } = this.#options;
    if (shared === undefined || rows.trunk === undefined) return hooks.layerPrompt?.(layer);
    const { n_embd: width } = this.#config;
    return { tensor: shared, length: rows.trunk.length, keyColumn: width, valueColumn: 2 * width };
  }

  #attend(layer: number, stacked: Tensor, rows: RowSpans, prompt?: AttentionPrompt): Tensor {
    const { n_embd: width, n_head: heads, scale_attn_weights, scale_attn_by_inverse_layer_idx } = this.#config;
    const scale =
      (scale_attn_weights ? Math.sqrt(heads / width) : 1) / (scale_attn_by_inverse_layer_idx ? layer + 1 : 1);
    return attention(this.#builder, {
      q: columns(stacked, 0, width),
      k: columns(stacked, width, width),
      v: columns(stacked, 2 * width, width),
      queries: rows,
      keys: rows,
      heads,
      scale,
      causal: true,
      label: `${layerName(layer)}.attention`,
      ...(prompt === undefined ? {} : { prompt }),
    });
  }

  /** From what attention returned to the layer's output: both residual connections and the feed-forward block. */
  #finishLayer(layer: number, attended: Tensor, residual: Tensor): Tensor {
    const name = layerName(layer);
    const next = layer === this.#config.n_layer - 1 ? "ln_f" : `${layerName(layer + 1)}.ln_1`;
    const mixed = this.#projection({ layer, role: "attention-output" }, attended, `${name}.attn.c_proj`);
    const middle = this.#close({ layer, kind: "attention", output: mixed, residual }, `${name}.ln_2`);
    const inner = this.#projection(
      { layer, role: "intermediate" },
      this.#norm(`${name}.ln_2`, middle),
      `${name}.mlp.c_fc`,
    );
    const expanded = activation(this.#builder, inner, activationOf(this.#config), `${name}.activation`);
    const output = this.#projection({ layer, role: "output" }, expanded, `${name}.mlp.c_proj`);
    return this.#close({ layer, kind: "feed-forward", output, residual: middle }, next);
  }

  /** output + residual, with whatever the method puts behind the block; `next` is the layer norm that reads the sum. */
  #close(block: Omit<Block, "normalise">, next: string): Tensor {
    const normalise = (sum: Tensor): Tensor => this.#norm(next, sum);
    const adapted = this.#options.hooks.afterBlock?.({ ...block, normalise }) ?? block.output;
    return add(this.#builder, adapted, block.residual, `${layerName(block.layer)} ${block.kind}`);
  }

  #projection(place: { readonly layer: number; readonly role: LinearRole }, x: Tensor, name: string): Tensor {
    const y = this.#linear(name, x);
    return this.#options.hooks.wrapLinear?.(place, x, y) ?? y;
  }

  #linear(name: string, x: Tensor): Tensor {
    return matmul(this.#builder, x, this.#weight(`${name}.weight`), {
      bias: this.#weight(`${name}.bias`),
      label: name,
    });
  }

  #norm(name: string, x: Tensor): Tensor {
    return layerNorm(this.#builder, x, {
      gain: this.#weight(`${name}.weight`),
      bias: this.#weight(`${name}.bias`),
      epsilon: this.#config.layer_norm_epsilon,
      label: name,
    });
  }

  /** The needed rows out of all tokens; index input `<space>.row`. */
  #rowsOf(x: Tensor, { space }: Segments): Tensor {
    const index = this.#builder.index(`${space.name}.row`, space);
    return gather(this.#builder, [{ table: x, index }], `${space.name} rows of ${x.label}`);
  }

  /** A frozen or trained weight; every weight of the model is asked for here. */
  #weight(name: string): Tensor {
    const shape = this.#shapes.get(name);
    if (shape === undefined) throw new Error(`GPT-2 has no weight "${name}".`);
    const group = this.#options.weightGroup?.(name);
    return this.#builder.parameter(group === undefined ? shape : { ...shape, group });
  }
}
