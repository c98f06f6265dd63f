/**
 * Classifying one text or a pair: a linear head [C, D] on the pooled row, or label words at a mask (`verbalizer.ts`); cross
 * entropy, accuracy with interval and macro-F1.
 */
import { DataError } from "../lib/errors.ts";
import { isTextExample, isTextInput, type ExampleInput, type TextInput } from "../lib/examples/example.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { spaces, type PackedSequence } from "../models/packing.ts";
import { linearHead, linearHeadShapes } from "./linearHead.ts";
import {
  argmax,
  crossEntropyOf,
  labelEntropyOf,
  macroF1,
  majorityShare,
  softmax,
  wilsonInterval,
} from "./metrics/classification.ts";
import { rowObjective } from "./rowObjective.ts";
import type { SequenceClassificationSettings, TextExample } from "./sequenceClassification.schema.ts";
import {
  expectShape,
  type BoundTask,
  type EncodedPart,
  type EncodingOptions,
  type LabelAnswer,
  type ReadPart,
  type Scores,
  type TaskHead,
} from "./task.ts";
import { verbalizerHead } from "./verbalizer.ts";

const wanted = "texts with a label";

/** How a text becomes a sequence and what stands on its row; a linear head and a verbalizer differ in this. */
export interface ClassifierHead {
  sequenceOf(input: TextInput, budget: number): PackedSequence;
  head(labels: readonly string[], prefix?: string): TaskHead;
}

export function bindSequenceClassification(settings: SequenceClassificationSettings, model: LoadedModel): BoundTask {
  const classifier = classifierHead(settings, model);
  return {
    targets: spaces.needed,
    neededRows: () => 1,
    scoreName: () => "accuracy",
    stratum: (example) => (isTextExample(example) ? example.label : ""),
    labelsOf: (train) => labelsOf(expectShape(train, isTextExample, wanted)),
    textsOf: (example) =>
      isTextExample(example) ? [example.text, ...(example.textPair === undefined ? [] : [example.textPair])] : [],
    encode: (examples, options) => encodePart(expectShape(examples, isTextExample, wanted), options, classifier),
    read: (inputs, options) => readPart(inputs, options, classifier),
    baseline: (_train, evaluation) => ({
      name: "most frequent label",
      score: majorityShare(evaluation.map((example) => (isTextExample(example) ? example.label : ""))),
    }),
    head: classifier.head,
  };
}

function classifierHead(settings: SequenceClassificationSettings, model: LoadedModel): ClassifierHead {
  const { head } = settings;
  switch (head) {
    case "linear":
      return pooledHead(model);
    case "verbalizer":
      return verbalizerHead(settings, model);
    default:
      return head satisfies never;
  }
}

/** A linear layer on the pooled row, or on the last token of a causal model. */
function pooledHead({ tokenizer, family }: LoadedModel): ClassifierHead {
  const { name, bias } = family.classifier;
  return {
    sequenceOf({ text, textPair }, budget) {
      const encoding = tokenizer.encode(text, textPair, budget);
      return { encoding, needed: family.causal ? Int32Array.of(encoding.ids.length - 1) : "pooled" };
    },
    head(labels, prefix = "") {
      const shapes = linearHeadShapes(prefix + name, labels.length, family.dimensions.width, bias);
      return {
        shapes,
        given: new Map(),
        logits: (builder, outputs) => linearHead(builder, outputs.pooled(), shapes),
        objective: rowObjective,
      };
    },
  };
}

/** Labels in the order of the logits: sorted, so that the order does not depend on the order of the rows. */
export function labelsOf(examples: readonly TextExample[]): string[] {
  const labels = [...new Set(examples.map(({ label }) => label))].toSorted();
  if (labels.length < 2) {
    const got = labels.length === 0 ? "no examples at all" : `only "${labels[0]}"`;
    throw new DataError(`Expected examples of at least two labels, got ${got}. Add rows with another label.`);
  }
  return labels;
}

function encodePart(
  examples: readonly TextExample[],
  { labels, budget }: EncodingOptions,
  classifier: ClassifierHead,
): EncodedPart {
  const places = examples.map(({ label }, index) => placeOf(label, labels, index));
  const sequences = examples.map((example, index) => ({
    ...classifier.sequenceOf(example, budget),
    labels: Int32Array.of(places[index] ?? 0),
  }));
  return {
    sequences,
    guessingLoss: labelEntropyOf(places),
    score: (logits) => score(logits, places, labels.length),
  };
}

/** Throws on a label that training does not have. */
function placeOf(label: string, labels: readonly string[], index: number): number {
  const place = labels.indexOf(label);
  if (place >= 0) return place;
  throw new DataError(`Row ${index + 1} has the label "${label}", which no training row has (${labels.join(", ")}).`);
}

function readPart(inputs: readonly ExampleInput[], options: EncodingOptions, classifier: ClassifierHead): ReadPart {
  const texts = expectShape(inputs, isTextInput, "texts");
  const none = Int32Array.of(-1);
  return {
    sequences: texts.map((text) => ({ ...classifier.sequenceOf(text, options.budget), labels: none })),
    answers: (logits) =>
      logits.map((row): LabelAnswer => {
        const label = options.labels[argmax(row)] ?? "";
        return { kind: "label", logits: row, probabilities: softmax(row), label };
      }),
  };
}

/** Scores of logits, one array of C per example. */
export function score(logits: readonly Float32Array[], labels: readonly number[], classes: number): Scores {
  const predicted = logits.map(argmax);
  const hits = predicted.filter((answer, index) => answer === labels[index]).length;
  const loss = logits.reduce((sum, row, index) => sum + crossEntropyOf(row, labels[index] ?? 0), 0);
  const count = labels.length;
  return {
    accuracy: count === 0 ? 0 : hits / count,
    interval: wilsonInterval(hits, count),
    macroF1: macroF1(predicted, labels, classes),
    loss: count === 0 ? 0 : loss / count,
    examples: count,
    figures: {},
  };
}
