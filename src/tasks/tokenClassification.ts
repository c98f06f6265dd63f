/**
 * Tagging words: a linear head [C, D] on the last layer's row of each word's first piece (as in transformers'
 * BertForTokenClassification; no pooler), cross entropy over the words. With a predicate, that word is a second segment
 * (semantic roles; P-Tuning v2, tasks/srl). Scores are F1 of spans for BIO tags and accuracy for other tags.
 */
import { DataError } from "../lib/errors.ts";
import {
  isTaggedExample,
  isTextInput,
  isWordsInput,
  type ExampleInput,
  type TaggedExample,
  type WordsInput,
} from "../lib/examples/example.ts";
import { textUnits } from "../lib/examples/textUnits.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { spaces, type PackedSequence } from "../models/packing.ts";
import type { Tokenizer } from "../models/tokenizer.ts";
import { linearHead, linearHeadShapes } from "./linearHead.ts";
import { argmax, labelEntropyOf, softmax } from "./metrics/classification.ts";
import { areBioTags, isBioTag } from "./metrics/spans.ts";
import { rowObjective } from "./rowObjective.ts";
import {
  expectShape,
  type BoundTask,
  type EncodedPart,
  type EncodingOptions,
  type ReadPart,
  type TagsAnswer,
} from "./task.ts";
import type { TokenClassificationSettings } from "./tokenClassification.schema.ts";
import { frequentTags, scoreTags, tagLoss } from "./tagScores.ts";

const wanted = "words with tags";

export function bindTokenClassification(settings: TokenClassificationSettings, model: LoadedModel): BoundTask {
  const { tokenizer, family } = model;
  return {
    targets: spaces.needed,
    neededRows: (tokens) => tokens,
    scoreName: (labels) => (areBioTags(labels) ? "F1" : "accuracy"),
    stratum: () => "sentences",
    labelsOf: (train) => tagsOf(expectShape(train, isTaggedExample, wanted)),
    textsOf: (example) => (isTaggedExample(example) ? example.tokens : []),
    encode: (examples, options) =>
      encodePart(expectShape(examples, isTaggedExample, wanted), options, { settings, tokenizer }),
    read: (inputs, options) => readPart(inputs, options, tokenizer),
    baseline(train, evaluation, labels) {
      const [known, judged] = [train.filter(isTaggedExample), evaluation.filter(isTaggedExample)];
      const scores = scoreTags(judged, frequentTags(known, judged, outside(labels)), { spans: settings.spans, labels });
      return { name: "each word's most frequent tag", score: scores.accuracy };
    },
    head(labels, prefix = "") {
      const shapes = linearHeadShapes(`${prefix}classifier`, labels.length, family.dimensions.width);
      return {
        shapes,
        given: new Map(),
        logits: (builder, { hidden }) => linearHead(builder, hidden, shapes),
        objective: rowObjective,
      };
    },
  };
}

/** Tags in the order of the logits. Throws when they are of one kind only, or BIO tags and others are mixed. */
function tagsOf(examples: readonly TaggedExample[]): string[] {
  const tags = [...new Set(examples.flatMap((example) => example.tags))].toSorted();
  if (tags.length < 2) {
    const got = tags.length === 0 ? "no examples at all" : `only "${tags[0]}"`;
    throw new DataError(`Expected words of at least two tags, got ${got}. Add sentences with another tag.`);
  }
  const odd = areBioTags(tags) ? tags.find((tag) => !isBioTag(tag)) : undefined;
  if (odd === undefined) return tags;
  throw new DataError(`Expected tags like O, B-place and I-place, got "${odd}" among them. Correct that tag.`);
}

/** What words beyond the cut are given: O, or with other tags nothing, which is never right. */
function outside(labels: readonly string[]): string {
  return labels.includes("O") ? "O" : "";
}

/** The sentence as a sequence whose needed rows are the first pieces of its words, as many as fit. */
function sequenceOf({ tokens, predicate }: WordsInput, tokenizer: Tokenizer, budget: number): PackedSequence {
  const pieces = tokens.map((token) => idsOf(token, tokenizer));
  const second = predicate === undefined ? undefined : (pieces[predicate] ?? []);
  const room = budget - 2 - (second === undefined ? 0 : second.length + 1);
  const firsts: number[] = [];
  let length = 0;
  for (const ids of pieces) {
    if (length < room) firsts.push(1 + length);
    length += ids.length;
  }
  const encoding = tokenizer.wrap(pieces.flat().slice(0, Math.max(room, 0)), second);
  return { encoding: { ...encoding, truncated: length > room }, needed: Int32Array.from(firsts) };
}

/** A word of which the tokenizer leaves nothing still has one row. */
function idsOf(token: string, tokenizer: Tokenizer): number[] {
  const ids = tokenizer.pieces(token).map(({ id }) => id);
  return ids.length === 0 ? [tokenizer.unknownId] : ids;
}

function encodePart(
  examples: readonly TaggedExample[],
  { labels, budget }: EncodingOptions,
  { settings, tokenizer }: { settings: TokenClassificationSettings; tokenizer: Tokenizer },
): EncodedPart {
  const places = new Map(labels.map((label, index) => [label, index]));
  const sequences = examples.map((example) => {
    const sequence = sequenceOf(example, tokenizer, budget);
    const kept = example.tags.slice(0, sequence.needed.length);
    return { ...sequence, labels: Int32Array.from(kept, (tag) => places.get(tag) ?? -1) };
  });
  const known = sequences.flatMap((sequence) => [...sequence.labels].filter((label) => label >= 0));
  return {
    sequences,
    guessingLoss: labelEntropyOf(known),
    score(logits) {
      const predicted = examples.map(({ tokens }, index) => {
        const rows = rowsOf(logits[index] ?? new Float32Array(), labels.length);
        return tokens.map((_, word) => tagAt(rows, word, labels));
      });
      return {
        ...scoreTags(examples, predicted, { spans: settings.spans, labels }),
        loss: tagLoss(logits, sequences, labels.length),
      };
    },
  };
}

function readPart(
  inputs: readonly ExampleInput[],
  { labels, budget }: EncodingOptions,
  tokenizer: Tokenizer,
): ReadPart {
  const words = inputs.map((input) =>
    isTextInput(input) ? { tokens: textUnits(input.text).map(({ text }) => text) } : input,
  );
  const sentences = expectShape(words, isWordsInput, "words or a text");
  const sequences = sentences.map((sentence) => sequenceOf(sentence, tokenizer, budget));
  return {
    sequences: sequences.map((sequence) => ({ ...sequence, labels: new Int32Array(sequence.needed.length).fill(-1) })),
    answers: (logits) =>
      sentences.map(({ tokens }, index): TagsAnswer => {
        const rows = rowsOf(logits[index] ?? new Float32Array(), labels.length);
        const tags = tokens.map((_, word) => tagAt(rows, word, labels));
        const own = tokens.map((_, word) => rows[word]);
        const probabilities = own.map((row) => (row === undefined ? undefined : Math.max(...softmax(row))));
        return { kind: "tags", words: tokens, tags, logits: own, probabilities };
      }),
  };
}

function tagAt(rows: readonly Float32Array[], word: number, labels: readonly string[]): string {
  const row = rows[word];
  return row === undefined ? outside(labels) : (labels[argmax(row)] ?? "");
}

/** Row-major [rows, C] as one array per row. */
function rowsOf(logits: Float32Array, classes: number): Float32Array[] {
  return Array.from({ length: logits.length / classes }, (_, row) => logits.slice(row * classes, (row + 1) * classes));
}
