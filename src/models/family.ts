/**
 * A model family: how a Hugging Face configuration and its tensors become a graph. Families know nothing of methods; a
 * method reaches in through the hooks.
 */
import type { Builder } from "../engine/graph/builder.ts";
import type { AttentionPrompt, RowSpans } from "../engine/graph/operations/attention.ts";
import type { GatherTerm } from "../engine/graph/operations/gather.ts";
import type { IndexInput, Segments, Tensor } from "../engine/graph/tensor.ts";
import type { ParameterShape } from "../engine/executor.ts";
import type { ModelDimensions } from "./dimensions.schema.ts";
import type { LinearRole } from "./linearRoles.schema.ts";

/** Named places where a method enters a family's forward pass. All are optional. */
export interface FamilyHooks {
  /** A further table of the input embeddings: rows of a soft prompt among the tokens. */
  readonly inputPrompt?: GatherTerm;
  /** Keys and values in front of one layer's attention, by 0-based layer. */
  layerPrompt?(layer: number): AttentionPrompt | undefined;
  /** What takes the place of y = x·Wᵀ + b of one linear layer: a low-rank update, or y itself after a look at it. */
  wrapLinear?(place: LinearPlace, x: Tensor, y: Tensor): Tensor;
  /** What takes the place of a block's output before the residual connection: an adapter. */
  afterBlock?(block: Block): Tensor;
}

/** One linear layer inside a transformer layer, counted from 0. */
export interface LinearPlace {
  readonly layer: number;
  readonly role: LinearRole;
}

/** One of the two blocks of a transformer layer at its end: what follows is norm(output + residual). */
export interface Block {
  readonly layer: number;
  readonly kind: "attention" | "feed-forward";
  /** [R, D], the block's own output. */
  readonly output: Tensor;
  /** [R, D], what went into the block. */
  readonly residual: Tensor;
  /** The layer norm that follows the residual connection. */
  normalise(sum: Tensor): Tensor;
}

/** Row spaces of a forward pass. */
export interface EncoderRows {
  /** Packed rows of all sequences, prompt rows included. */
  readonly tokens: Segments;
  /** Rows whose last-layer output somebody reads. */
  readonly needed: Segments;
  /** Causal models only: the soft prompt's rows, once for all sequences instead of among the tokens of each. */
  readonly trunk?: PromptTrunk;
}

/** P rows of a soft prompt as one sequence of their own; the rows of the text attend to their keys and values. */
export interface PromptTrunk {
  /** P */
  readonly length: number;
  readonly spans: RowSpans;
  /** Slot and position of each row. */
  readonly slot: IndexInput;
  readonly position: IndexInput;
}

export interface ForwardOptions {
  readonly rows: EncoderRows;
  readonly hooks: FamilyHooks;
  /** Optimizer group of one of the model's own weights; undefined means frozen, and so does no function at all. */
  weightGroup?(name: string): string | undefined;
}

/** What a forward pass offers to heads. What is not asked for is not computed. */
export interface EncoderOutputs {
  /** The last layer's output at the needed rows, [needed, D]. */
  readonly hidden: Tensor;
  /** What classifiers read, [needed, D]. */
  pooled(): Tensor;
  /** Throws when the model's file has no language-model head. */
  languageModel(): LanguageModelOutputs;
}

/** features · decoderᵀ (plus the family's decoder bias) are logits over the vocabulary. */
export interface LanguageModelOutputs {
  /** [needed, D], what the language-model head makes of the needed rows before its decoder. */
  readonly features: Tensor;
  /** [V, D], the word embeddings where they are tied. */
  readonly decoder: Tensor;
}

/** A configuration bound to its family. */
export interface FamilyModel {
  readonly family: string;
  readonly dimensions: ModelDimensions;
  /** A row sees none behind it; classifiers then read the last token, as the only one that has seen all. */
  readonly causal: boolean;
  /** How transformers names the family's classifier, and whether it has a bias. */
  readonly classifier: { readonly name: string; readonly bias: boolean };
  /** Weights of linear layers lie [in, out], as in transformers' Conv1D, instead of [out, in]. */
  readonly fanInFanOut: boolean;
  /** Every weight the forward pass uses, by the family's own names. */
  readonly weights: readonly ParameterShape[];
  /** Weights of the language-model head besides the decoder; a file has all of them or none. */
  readonly languageModelWeights: readonly ParameterShape[];
  /** Name of the decoder's bias [1, V] among them; absent when the family has none. */
  readonly decoderBias?: string;
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
