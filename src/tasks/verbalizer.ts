/**
 * Classifying with words: the text stands in a template, the frozen masked-language-model head predicts the word at
 * [MASK], and each label has a word of the vocabulary whose logit is its own (Schick & Schütze 2021, section 3.1). The
 * decoder is the word embeddings themselves, of which only the label words' rows are computed. Nothing is added to the
 * model, so that it answers without any training.
 */
import { gather } from "../engine/graph/operations/gather.ts";
import { matmul } from "../engine/graph/operations/matmul.ts";
import type { TextInput } from "../lib/examples/example.ts";
import { SettingsError } from "../lib/errors.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { idOfSlot, type PackedSequence } from "../models/packing.ts";
import type { Tokenizer } from "../models/tokenizer.ts";
import { cut } from "../models/truncation.ts";
import { rowObjective } from "./rowObjective.ts";
import type { SequenceClassificationSettings } from "./sequenceClassification.schema.ts";
import type { TaskHead } from "./task.ts";

const wordInput = "verbalizer.word";
const biasName = "verbalizer.bias";

/** A piece of a template: token ids that are always there, or the place of a text. */
type Part =
  { readonly kind: "ids"; readonly ids: readonly number[] } | { readonly kind: "text" | "text-pair" | "mask" };

/** Throws when the template has no single mask. The model has a masked-language-model head, as `taskMisfit` demands. */
export function verbalizerHead(settings: SequenceClassificationSettings, model: LoadedModel) {
  const { tokenizer } = model;
  const parts = templateParts(settings.template, tokenizer);
  return {
    sequenceOf: (input: TextInput, budget: number) => fill(parts, input, { tokenizer, budget }),
    head: (labels: readonly string[], prefix = ""): TaskHead =>
      wordHead(labelWordIds(labels, settings, tokenizer), model, prefix),
  };
}

function wordHead(ids: readonly number[], { family, weights }: LoadedModel, prefix: string): TaskHead {
  const [name, words] = [prefix + biasName, prefix + wordInput];
  const bias = { name, rows: 1, width: ids.length };
  const whole = family.decoderBias === undefined ? undefined : weights.get(family.decoderBias);
  return {
    shapes: [bias],
    given: new Map([[name, Float32Array.from(ids, (id) => whole?.[id] ?? 0)]]),
    indices: { [words]: Int32Array.from(ids) },
    logits(builder, outputs) {
      const { features, decoder } = outputs.languageModel();
      const index = builder.index(words, ids.length);
      const table = gather(builder, [{ table: decoder, index }], "label words");
      return matmul(builder, features, table, { transposeB: true, bias: builder.parameter(bias), label: "logits" });
    },
    objective: rowObjective,
    vocabulary(builder, outputs) {
      const { features, decoder } = outputs.languageModel();
      const { decoderBias } = family;
      const bias =
        decoderBias === undefined
          ? {}
          : { bias: builder.parameter({ name: decoderBias, rows: 1, width: family.dimensions.vocabulary }) };
      return matmul(builder, features, decoder, { transposeB: true, ...bias, label: "vocabulary" });
    },
  };
}

/** Cuts a template at {text}, {text_pair}, [MASK] and [P], the slots of a soft prompt in their order. */
function templateParts(template: string, tokenizer: Tokenizer): Part[] {
  const { maskId } = tokenizer;
  if (maskId === undefined) throw new SettingsError("The model's vocabulary has no [MASK]; choose the linear head.");
  const pieces = template.split(/(\{text\}|\{text_pair\}|\[MASK\]|\[P\])/).filter((piece) => piece.trim() !== "");
  const count = (wanted: string): number => pieces.filter((piece) => piece === wanted).length;
  for (const wanted of ["{text}", "[MASK]"]) {
    if (count(wanted) === 1) continue;
    throw new SettingsError(`Expected ${wanted} once in the template, got it ${count(wanted)} times in "${template}".`);
  }
  let slots = 0;
  return pieces.map((piece): Part => {
    if (piece === "[P]") return { kind: "ids", ids: [idOfSlot(slots++)] };
    if (piece === "{text}") return { kind: "text" };
    if (piece === "{text_pair}") return { kind: "text-pair" };
    if (piece === "[MASK]") return { kind: "mask" };
    return { kind: "ids", ids: tokenizer.pieces(piece).map(({ id }) => id) };
  });
}

/** The template around a text, which alone is cut when all is too long. The needed row is that of [MASK]. */
function fill(
  parts: readonly Part[],
  { text, textPair }: TextInput,
  { tokenizer, budget }: { tokenizer: Tokenizer; budget: number },
): PackedSequence {
  const idsOf = (words: string | undefined): number[] => tokenizer.pieces(words ?? "").map(({ id }) => id);
  const takesPair = parts.some(({ kind }) => kind === "text-pair");
  if (textPair !== undefined && textPair !== "" && !takesPair) {
    throw new SettingsError("These examples are pairs of texts; expected {text_pair} in the template beside {text}.");
  }
  const [first, second] = [idsOf(text), takesPair ? idsOf(textPair) : undefined];
  const fixed = parts.reduce((sum, part) => sum + (part.kind === "ids" ? part.ids.length : 0), 1);
  const truncated = cut(first, second, budget - 2 - fixed);
  const ids: number[] = [];
  let mask = 0;
  for (const part of parts) {
    if (part.kind === "ids") ids.push(...part.ids);
    else if (part.kind === "text") ids.push(...first);
    else if (part.kind === "text-pair") ids.push(...(second ?? []));
    else mask = ids.push(tokenizer.maskId ?? tokenizer.unknownId);
  }
  return { encoding: { ...tokenizer.wrap(ids), truncated }, needed: Int32Array.of(mask) };
}

/** The token of each label's word. Throws when a word is unknown, several pieces long or used twice. */
function labelWordIds(
  labels: readonly string[],
  { labelWords }: SequenceClassificationSettings,
  tokenizer: Tokenizer,
): number[] {
  const odd = Object.keys(labelWords).find((label) => !labels.includes(label));
  if (odd !== undefined) {
    throw new SettingsError(
      `There is a label word for "${odd}", but the labels are ${labels.join(", ")}. Correct its label.`,
    );
  }
  const words = labels.map((label) => labelWords[label] ?? label);
  const ids = words.map((word, index) => wordId(word, labels[index] ?? "", tokenizer));
  const twice = ids.findIndex((id, index) => ids.indexOf(id) !== index);
  if (twice < 0) return ids;
  throw new SettingsError(`The word "${words[twice] ?? ""}" stands for two labels; give each label a word of its own.`);
}

function wordId(word: string, label: string, tokenizer: Tokenizer): number {
  const pieces = tokenizer.pieces(word);
  const [only, ...others] = pieces;
  const what = `The word "${word}" for the label "${label}"`;
  if (only === undefined || pieces.some(({ id }) => id === tokenizer.unknownId)) {
    throw new SettingsError(`${what} is not in the model's vocabulary. Choose another word.`);
  }
  if (others.length > 0) {
    const shown = pieces.map(({ text }) => text).join(" ");
    throw new SettingsError(
      `${what} is ${pieces.length} tokens long (${shown}); expected one. Choose a commoner word.`,
    );
  }
  return only.id;
}
