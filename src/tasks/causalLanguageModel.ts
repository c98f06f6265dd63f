/**
 * Continuing texts with a causal model: cross entropy of the next token through the model's own decoder, on the rows in
 * front of a label only. Perplexity and token accuracy are its figures. It says which words would come next, and generates
 * nothing. A text with a label serves as a text alone.
 *
 * A source and its target are told apart as in Prefix-Tuning (Li & Liang 2021, gpt2/train_e2e.py): source, end of text,
 * a space and the target, end of text; only the target and its end are labels. A text alone is all labels but its first
 * token, whatever the method, so that perplexities of methods compare.
 */
import { matmul } from "../engine/graph/operations/matmul.ts";
import { concatenate } from "../engine/graph/operations/concatenate.ts";
import { DataError } from "../lib/errors.ts";
import {
  isContinuationExample,
  isContinuationInput,
  isTextExample,
  isTextInput,
  type ContinuationExample,
  type Example,
  type ExampleInput,
} from "../lib/examples/example.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { spaces } from "../models/packing.ts";
import type { Tokenizer } from "../models/tokenizer.ts";
import { cut } from "../models/truncation.ts";
import { labelEntropyOf, majorityShare, wilsonInterval } from "./metrics/classification.ts";
import { rowObjective } from "./rowObjective.ts";
import { likeliestWords } from "./likeliestWords.ts";
import {
  expectShape,
  type BoundTask,
  type EncodedPart,
  type EncodedSequence,
  type ReadPart,
  type Scores,
  type TaskHead,
} from "./task.ts";

const wanted = "texts, or sources with targets";

/** What evaluation reads of each row: its loss and whether it was right. */
const readoutWidth = 2;

/** The model is causal, as `taskMisfit` demands. */
export function bindCausalLanguageModel({ tokenizer }: LoadedModel): BoundTask {
  const encodeAll = (examples: readonly ContinuationExample[], budget: number): EncodedSequence[] =>
    examples.map((example, index) => sequenceOf(example, { index, tokenizer, budget }));
  return {
    targets: spaces.needed,
    neededRows: (tokens) => tokens,
    scoreName: () => "token accuracy",
    stratum: () => "texts",
    labelsOf: () => [],
    textsOf: (example) => continuations([example]).flatMap(({ source, target }) => [source, target]),
    encode(examples, { budget }): EncodedPart {
      const sequences = encodeAll(continuations(examples), budget);
      return {
        sequences,
        guessingLoss: labelEntropyOf(labelsOfAll(sequences)),
        score: (readouts) => scoreContinuations(readouts),
      };
    },
    read: (inputs, { budget }) => readPart(inputs, tokenizer, budget),
    baseline(_train, evaluation) {
      const sequences = encodeAll(continuations(evaluation), Number.MAX_SAFE_INTEGER);
      return { name: "most frequent token", score: majorityShare(labelsOfAll(sequences)) };
    },
    head: decoderHead,
  };
}

/** Throws naming the first example that is neither a text nor a source with a target. */
function continuations(examples: readonly Example[]): readonly ContinuationExample[] {
  const asTexts = examples.map((example) => (isTextExample(example) ? { source: "", target: example.text } : example));
  return expectShape(asTexts, isContinuationExample, wanted);
}

/** Each text up to its end, whose row says what comes next. A source stands in front of its target as in training. */
function readPart(inputs: readonly ExampleInput[], tokenizer: Tokenizer, budget: number): ReadPart {
  const sources = inputs.map((input) => (isTextInput(input) ? { source: input.text } : input));
  const sequences = expectShape(sources, isContinuationInput, "texts to continue").map(
    ({ source }): EncodedSequence => {
      const ids = tokenizer.pieces(source).map(({ id }) => id);
      // What is cut off is the beginning: the end is what is continued.
      const encoding = { ...tokenizer.wrap(ids.slice(-budget)), truncated: ids.length > budget };
      return { encoding, needed: Int32Array.of(encoding.ids.length - 1), labels: Int32Array.of(-1) };
    },
  );
  const answers = (logits: readonly Float32Array[]) =>
    logits.map((row) => ({ kind: "words" as const, words: likeliestWords(row, tokenizer) }));
  return { sequences, answers };
}

function labelsOfAll(sequences: readonly EncodedSequence[]): number[] {
  return sequences.flatMap(({ labels }) => [...labels]);
}

interface EncodingContext {
  readonly index: number;
  readonly tokenizer: Tokenizer;
  readonly budget: number;
}

function sequenceOf({ source, target }: ContinuationExample, context: EncodingContext): EncodedSequence {
  const { index, tokenizer, budget } = context;
  const end = tokenizer.endId === undefined ? [] : [tokenizer.endId];
  const idsOf = (text: string): number[] => tokenizer.pieces(text).map(({ id }) => id);
  const first = source === "" ? [] : idsOf(source);
  const second = idsOf(source === "" ? target : ` ${target}`);
  const between = source === "" ? [] : end;
  // The last token is a label only and takes no row.
  const truncated = cut(second, first, budget + 1 - between.length - end.length);
  const front = source === "" ? [] : [...first, ...between];
  const ids = [...front, ...second, ...end];
  if (ids.length < 2) {
    throw new DataError(`Example ${index + 1} has nothing to predict: expected a text of two tokens at least.`);
  }
  return languageSequence(ids, Math.max(1, front.length), truncated);
}

/** The rows and labels of token ids of which those from `firstLabel` on are to be predicted, each from the row before. */
export function languageSequence(ids: readonly number[], firstLabel: number, truncated = false): EncodedSequence {
  const rows = ids.length - 1;
  return {
    encoding: { ids: Int32Array.from(ids.slice(0, rows)), types: new Int32Array(rows), truncated },
    needed: Int32Array.from({ length: ids.length - firstLabel }, (_, place) => firstLabel - 1 + place),
    labels: Int32Array.from(ids.slice(firstLabel)),
  };
}

/** The model's own decoder. Nothing is added, and logits as wide as the vocabulary never leave the device. */
function decoderHead(): TaskHead {
  const logits: TaskHead["logits"] = (builder, outputs) => {
    const { features, decoder } = outputs.languageModel();
    return matmul(builder, features, decoder, { transposeB: true, label: "logits" });
  };
  return {
    shapes: [],
    given: new Map(),
    logits,
    vocabulary: logits,
    objective: rowObjective,
    readout: {
      width: readoutWidth,
      build(builder, logits, rows) {
        const { loss, correct } = rowObjective(builder, logits, rows);
        return concatenate(builder, loss, correct, "loss and hit");
      },
    },
  };
}

/** Figures from loss and hit of every label, one array per text. */
export function scoreContinuations(readouts: readonly Float32Array[]): Scores {
  const texts = readouts.map(sums);
  const total = (figure: keyof TextSums): number => texts.reduce((sum, text) => sum + text[figure], 0);
  const [labels, hits] = [total("labels"), total("hits")];
  const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
  const loss = share(total("loss"), labels);
  return {
    accuracy: share(hits, labels),
    interval: wilsonInterval(hits, labels),
    // With one prediction for each place, a text's F1 is its accuracy.
    macroF1: share(
      texts.reduce((sum, text) => sum + share(text.hits, text.labels), 0),
      texts.length,
    ),
    loss,
    examples: texts.length,
    figures: { perplexity: Math.exp(loss), tokens: labels },
  };
}

interface TextSums {
  readonly labels: number;
  readonly hits: number;
  /** Nats. */
  readonly loss: number;
}

function sums(readout: Float32Array): TextSums {
  let [hits, loss] = [0, 0];
  for (let at = 0; at < readout.length; at += readoutWidth) {
    loss += readout[at] ?? 0;
    hits += readout[at + 1] ?? 0;
  }
  return { labels: readout.length / readoutWidth, hits, loss };
}
