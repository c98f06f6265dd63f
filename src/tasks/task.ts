/**
 * What a task adds to a model and a method: how examples become sequences of tokens, which rows of the last layer it reads,
 * the head and loss on them, and how logits become scores and answers. Settings stand beside it in `<task>.schema.ts`.
 */
import type { ParameterShape } from "../engine/executor.ts";
import type { Builder } from "../engine/graph/builder.ts";
import type { Objective } from "../engine/graph/graph.ts";
import type { Tensor } from "../engine/graph/tensor.ts";
import { DataError } from "../lib/errors.ts";
import { describeInput, type Example, type ExampleInput } from "../lib/examples/example.ts";
import type { EncoderOutputs, EncoderRows } from "../models/family.ts";
import type { PackedSequence, TargetSpace } from "../models/packing.ts";

/** One sequence of tokens. An example is one sequence, or several when it is read in windows. */
export interface EncodedSequence extends PackedSequence {
  /**
   * What training compares the logits with, as many as the task has targets: a class per needed row, or a needed row per
   * column of logits. −1 stands where there is nothing to compare.
   */
  readonly labels: Int32Array;
}

/** Figures of an evaluation. */
export interface Scores {
  /** The task's own figure between 0 and 1, named by `scoreName`: accuracy, F1 of entities, F1 of answers, … */
  readonly accuracy: number;
  /** 95 % interval of it: Wilson's for a share of examples, a bootstrap over examples otherwise. */
  readonly interval: readonly [number, number];
  /** F1 averaged over classes, kinds of span or questions. */
  readonly macroF1: number;
  /** Mean loss over the labels, nats. */
  readonly loss: number;
  readonly examples: number;
  /** What the field reports besides, by name: precision, recall, exact match, … */
  readonly figures: Readonly<Record<string, number>>;
}

/** Examples ready to run, with what is needed to judge the outcome. */
export interface EncodedPart {
  readonly sequences: readonly EncodedSequence[];
  /** Mean loss of answering without looking at the text, nats. */
  readonly guessingLoss: number;
  /** Figures from the logits of every sequence, row-major [needed rows, C]. */
  score(logits: readonly Float32Array[]): Scores;
}

/** The label of a text. */
export interface LabelAnswer {
  readonly kind: "label";
  /** In the order of the labels. */
  readonly logits: Float32Array;
  readonly probabilities: readonly number[];
  readonly label: string;
}

/** One tag per word; words that were cut off have the last resort of the task, with no logits. */
export interface TagsAnswer {
  readonly kind: "tags";
  readonly words: readonly string[];
  readonly tags: readonly string[];
  readonly logits: readonly (Float32Array | undefined)[];
  /** Of each tag; undefined where there are no logits. */
  readonly probabilities: readonly (number | undefined)[];
}

/** A span of the context. */
export interface SpanAnswer {
  readonly kind: "span";
  readonly text: string;
  /** Characters of the context, end exclusive. */
  readonly start: number;
  readonly end: number;
  /** Start logit plus end logit. */
  readonly logit: number;
  /** Of this start times that of this end, among all rows of the window it was found in. */
  readonly probability: number;
}

/** A word of the vocabulary and how probable it is in a place. */
export interface WordShare {
  readonly word: string;
  readonly probability: number;
}

/** The words that fit a place best, most probable first. */
export interface WordsAnswer {
  readonly kind: "words";
  readonly words: readonly WordShare[];
}

export type Answer = LabelAnswer | TagsAnswer | SpanAnswer | WordsAnswer;

/** Inputs without answers, ready to run. */
export interface ReadPart {
  readonly sequences: readonly EncodedSequence[];
  /** One answer per input from the logits of every sequence. */
  answers(logits: readonly Float32Array[]): Answer[];
}

/** The trained or given tensors above the model and what is computed with them. */
export interface TaskHead {
  readonly shapes: readonly ParameterShape[];
  /** Values of shapes that are not drawn at random, such as the model's own biases. */
  readonly given: ReadonlyMap<string, Float32Array>;
  /** Step inputs that are the same in every step, by name. */
  readonly indices?: Readonly<Record<string, Int32Array>>;
  /** Logits [needed, C]. */
  logits(builder: Builder, outputs: EncoderOutputs): Tensor;
  objective(builder: Builder, logits: Tensor, rows: EncoderRows): Objective;
  /** What evaluation reads instead of the logits, from labels that weigh 1; for logits as wide as a vocabulary. */
  readonly readout?: HeadReadout;
  /** Logits of every word of the vocabulary [needed, V], where the model's own language-model head is at work. */
  vocabulary?(builder: Builder, outputs: EncoderOutputs): Tensor;
}

export interface HeadReadout {
  readonly width: number;
  /** [needed, width] */
  build(builder: Builder, logits: Tensor, rows: EncoderRows): Tensor;
}

/** How well one does without learning. */
export interface Baseline {
  /** What it does, e.g. "most frequent label". */
  readonly name: string;
  readonly score: number;
}

export interface EncodingOptions {
  /** In the order of the logits. */
  readonly labels: readonly string[];
  /** Most tokens of one sequence, special tokens included. */
  readonly budget: number;
}

/** Behaviour of one task with its settings and its model bound. */
export interface BoundTask {
  /** Name of `Scores.accuracy` for data with these labels, e.g. "accuracy". */
  scoreName(labels: readonly string[]): string;
  /** Splits and few-shot draws go by this: the label of a text, one name for all where examples have no label. */
  stratum(example: Example): string;
  /** Names of the logits in their order. Throws when nothing can be learnt from the examples. */
  labelsOf(train: readonly Example[]): string[];
  /** The example's words as text, to count unknown ones. */
  textsOf(example: Example): readonly string[];
  /** Throws, naming the example, when it does not fit the task or the labels. */
  encode(examples: readonly Example[], options: EncodingOptions): EncodedPart;
  read(inputs: readonly ExampleInput[], options: EncodingOptions): ReadPart;
  baseline(train: readonly Example[], evaluation: readonly Example[], labels: readonly string[]): Baseline;
  /** `prefix` goes in front of the names of its tensors, where one store holds the heads of several data sets. */
  head(labels: readonly string[], prefix?: string): TaskHead;
  /** Where labels and weights stand: one per needed row, or one per sequence and column of logits. */
  readonly targets: TargetSpace;
  /** Most needed rows of a sequence of so many tokens. */
  neededRows(tokens: number): number;
}

/** The examples when all have the shape that a task reads. Throws naming the first that has not. */
export function expectShape<Wanted extends Input, Input extends ExampleInput>(
  inputs: readonly Input[],
  isWanted: (input: Input) => input is Wanted,
  wanted: string,
): readonly Wanted[] {
  const odd = inputs.find((input) => !isWanted(input));
  if (odd !== undefined) {
    throw new DataError(
      `This task reads ${wanted}; example ${inputs.indexOf(odd) + 1} is ${describeInput(odd)}. Choose other data or another task.`,
    );
  }
  return inputs.filter(isWanted);
}
