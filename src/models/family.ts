/**
 * A model family: how a Hugging Face configuration and its tensors become a graph. Families know nothing of methods; a
 * method reaches in through the hooks.
 */
import type { Builder } from "../engine/graph/builder.ts";
import type { AttentionPrompt } from "../engine/graph/operations/attention.ts";
import type { GatherTerm } from "../engine/graph/operations/gather.ts";
import type { Segments, Tensor } from "../engine/graph/tensor.ts";
import type { ParameterShape } from "../engine/executor.ts";
import type { ModelDimensions } from "./dimensions.schema.ts";

/** Named places where a method enters a family's forward pass. All are optional. */
export interface FamilyHooks {
  /** A further table of the input embeddings: rows of a soft prompt among the tokens. */
  readonly inputPrompt?: GatherTerm;
  /** Keys and values in front of one layer's attention, by 0-based layer. */
  layerPrompt?(layer: number): AttentionPrompt | undefined;
}

/** Row spaces of a forward pass. */
export interface EncoderRows {
  /** Packed rows of all sequences, prompt rows included. */
  readonly tokens: Segments;
  /** Rows whose last-layer output somebody reads. */
  readonly needed: Segments;
}

export interface ForwardOptions {
  readonly rows: EncoderRows;
  readonly hooks: FamilyHooks;
  /** Optimizer group of the model's own weights; absent means frozen. */
  readonly weightGroup?: string;
}

/** What a forward pass offers to heads: outputs at the needed rows, [needed, D]. */
export interface EncoderOutputs {
  readonly hidden: Tensor;
  readonly pooled: Tensor;
}

/** A configuration bound to its family. */
export interface FamilyModel {
  readonly family: string;
  readonly dimensions: ModelDimensions;
  /** Every weight the forward pass uses, by the family's own names. */
  readonly weights: readonly ParameterShape[];
  /** Name of the word embedding matrix [V, D]. */
  readonly wordEmbeddings: string;
  /** File names a weight may have, most usual first. */
  weightAliases(name: string): readonly string[];
  /** Tensors of a usual file that a classifier has no use for. */
  isKnownExtra(name: string): boolean;
  forward(builder: Builder, options: ForwardOptions): EncoderOutputs;
}

export interface Family {
  readonly id: string;
  /** Reads config.json. Throws with the field, what was expected and what came. */
  configure(config: unknown): FamilyModel;
}
