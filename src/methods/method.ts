/**
 * What a method does to a frozen model: which tensors it trains, how they start, where they enter the forward pass and how
 * they are written for PEFT. Settings and counts stand beside it in `<method>.schema.ts`.
 */
import type { Builder } from "../engine/graph/builder.ts";
import type { ParameterShape } from "../engine/executor.ts";
import type { RandomStream } from "../lib/random.ts";
import type { ModelDimensions } from "../models/dimensions.schema.ts";
import type { FamilyHooks } from "../models/family.ts";
import type { RowLayout } from "../models/packing.ts";
import type { WeightPlace } from "../models/weightPlace.schema.ts";

/** Optimizer groups: what the method adds (a prompt or its network, adapters), the head, and the model's own weights. */
export const groups = { prompt: "prompt", head: "head", model: "model" } as const;

/** What initialisers may look at. */
export interface InitialisationContext {
  readonly dimensions: ModelDimensions;
  readonly random: RandomStream;
  /** One row of the word embedding matrix, [D]. */
  wordEmbedding(id: number): Float32Array;
  /** Token ids of a text without special tokens. */
  encodeText(text: string): number[];
  /** The task's labels in the order of the logits. */
  readonly labels: readonly string[];
  /** Keys and values of a text in the frozen model, present when the method's `needsActivations` names one. */
  readonly activations?: KeysAndValues;
}

/** What the frozen model's attention makes of a text: keys and values [rows, D] of each layer. */
export interface KeysAndValues {
  readonly rows: number;
  readonly layers: readonly { readonly keys: Float32Array; readonly values: Float32Array }[];
}

/** Trained values by tensor name. */
export type TrainedValues = ReadonlyMap<string, Float32Array>;

/** Behaviour of one method with its settings bound. */
export interface BoundMethod {
  /** Trained tensors besides the head and the model's own weights. */
  readonly tensors: readonly ParameterShape[];
  /** Whether this one of the model's own weights is trained. */
  trainsWeight(place: WeightPlace): boolean;
  readonly layout: RowLayout;
  /** 0-based layers with a prompt of their own; the soft prompt's input counts as −1. */
  readonly promptedLayers: readonly number[];
  /** Training may differ: only there does dropout take part. */
  hooks(builder: Builder, isTraining?: boolean): FamilyHooks;
  /** Slots whose masks every training step must bring along; absent without dropout. */
  readonly droppedSlots?: number;
  /** A text whose keys and values the initialiser wants; they are read from the frozen model beforehand. */
  readonly needsActivations?: string;
  initialise(context: InitialisationContext): Map<string, Float32Array>;
  /**
   * The virtual tokens as they enter the model: [P, D] of a soft prompt, [P, n·2·D] of a deep one with row
   * [K₀|V₀|K₁|V₁|…] over the prompted layers; empty when there are none. A reparameterisation network is evaluated.
   */
  virtualTokens(trained: TrainedValues): Float32Array;
}
