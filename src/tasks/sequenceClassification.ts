/**
 * Classifying one text or a pair: a linear head [C, D] on the pooled row, cross entropy, accuracy with interval and
 * macro-F1. Also turns text examples into encoded ones and reports what had to be cut or is unknown.
 */
import type { Builder } from "../engine/graph/builder.ts";
import { crossEntropy } from "../engine/graph/operations/crossEntropy.ts";
import { matmul } from "../engine/graph/operations/matmul.ts";
import type { RowSpace, Tensor } from "../engine/graph/tensor.ts";
import type { ParameterShape } from "../engine/executor.ts";
import type { Encoding, Tokenizer } from "../models/tokenizer.ts";
import { argmax, crossEntropyOf, macroF1, wilsonInterval } from "./metrics/classification.ts";
import type { TextExample } from "./sequenceClassification.schema.ts";

/** Trained head tensors, named as transformers names them. */
export const headNames = { weight: "classifier.weight", bias: "classifier.bias" } as const;

export interface EncodedExample {
  readonly encoding: Encoding;
  /** Index into the labels. */
  readonly label: number;
}

/** Shapes of the head: weight [C, D], bias [1, C]. */
export function headShapes(classes: number, width: number, group: string): ParameterShape[] {
  return [
    { name: headNames.weight, rows: classes, width, group },
    { name: headNames.bias, rows: 1, width: classes, group },
  ];
}

/** Logits [needed, C] of pooled rows [needed, D]. */
export function classify(builder: Builder, pooled: Tensor, head: readonly ParameterShape[]): Tensor {
  const [weight, bias] = head.map((shape) => builder.parameter(shape));
  if (weight === undefined || bias === undefined) throw new Error("A linear head has a weight and a bias.");
  return matmul(builder, pooled, weight, { transposeB: true, bias, label: "logits" });
}

/** Declares the mean cross entropy over the labelled rows as what training minimises. */
export function classificationObjective(builder: Builder, logits: Tensor, needed: RowSpace): void {
  const labels = builder.index(`${needed.name}.label`, needed);
  const weights = builder.values(`${needed.name}.weight`, needed);
  builder.objective(crossEntropy(builder, logits, { labels, weights }));
}

/** Labels in the order of the logits: sorted, so that the order does not depend on the order of the rows. */
export function labelsOf(examples: readonly TextExample[]): string[] {
  const labels = [...new Set(examples.map(({ label }) => label))].toSorted();
  if (labels.length < 2) {
    const got = labels.length === 0 ? "no examples at all" : `only "${labels[0]}"`;
    throw new Error(`Expected examples of at least two labels, got ${got}. Add rows with another label.`);
  }
  return labels;
}

/** Encodes examples. Throws on a label that training does not have. */
export function encodeExamples(
  examples: readonly TextExample[],
  labels: readonly string[],
  tokenizer: Tokenizer,
  maxTokens: number,
): EncodedExample[] {
  return examples.map(({ text, textPair, label }, index) => {
    const place = labels.indexOf(label);
    if (place < 0) {
      throw new Error(`Row ${index + 1} has the label "${label}", which no training row has (${labels.join(", ")}).`);
    }
    return { encoding: tokenizer.encode(text, textPair, maxTokens), label: place };
  });
}

/** Figures of an evaluation. */
export interface Scores {
  readonly accuracy: number;
  readonly interval: readonly [number, number];
  readonly macroF1: number;
  /** Mean cross entropy, nats. */
  readonly loss: number;
  readonly examples: number;
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
  };
}
