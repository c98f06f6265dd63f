/**
 * Soft prompts: P trained rows in front of the word embeddings (Lester et al. 2021, section 2). As in PEFT, slots take
 * positions 0 … P−1 and token type 0, text follows from position P, and the head reads row 0, the first virtual token,
 * unless the settings put the slots behind [CLS] or let the head read that.
 */
import { normalValues, uniformValues } from "../lib/random.ts";
import type { ModelDimensions } from "../models/dimensions.schema.ts";
import { groups, type BoundMethod, type InitialisationContext } from "./method.ts";
import type { PromptTuningSettings } from "./promptTuning.schema.ts";
import { softPromptLayout, softPromptTerm } from "./softPrompt.ts";

const name = "prompt";
/** Words to draw from: the most frequent ones stand first in a vocabulary (Lester et al. 2021, section 3.2). */
const frequentWords = 5000;

export function bindPromptTuning(settings: PromptTuningSettings, { width }: ModelDimensions): BoundMethod {
  const { promptLength: length, dropout } = settings;
  const shape = { name, rows: length, width, group: groups.prompt };
  return {
    tensors: [shape],
    trainsWeight: () => false,
    layout: softPromptLayout(settings),
    promptedLayers: [-1],
    ...(dropout > 0 ? { droppedSlots: length } : {}),
    hooks: (builder, isTraining = false) => ({
      inputPrompt: softPromptTerm(builder, builder.parameter(shape), { length, share: isTraining ? dropout : 0 }),
    }),
    initialise: (context) => new Map([[name, initialRows(settings, context)]]),
    virtualTokens(trained) {
      const values = trained.get(name);
      if (values === undefined) throw new Error(`The trained tensor "${name}" is missing.`);
      return values;
    },
  };
}

function initialRows(settings: PromptTuningSettings, context: InitialisationContext): Float32Array {
  const { promptLength: length, initialisation } = settings;
  const { width } = context.dimensions;
  switch (initialisation) {
    case "random":
      return normalValues(context.random, length * width, settings.initialScale);
    case "uniform":
      return uniformValues(context.random, length * width, settings.initialScale);
    case "vocabulary":
      return wordRows(drawnWords(length, context), context);
    case "labels":
      return labelRows(length, context);
    case "text":
      return wordRows(wordsOfText(settings, context), context);
    default:
      return initialisation satisfies never;
  }
}

/** Distinct ids while they last; very small vocabularies repeat. */
function drawnWords(length: number, { dimensions, random }: InitialisationContext): number[] {
  const pool = Array.from({ length: Math.min(frequentWords, dimensions.vocabulary) }, (_, id) => id);
  const drawn = random.shuffle(pool);
  return Array.from({ length }, (_, slot) => drawn[slot % drawn.length] ?? 0);
}

function wordsOfText({ promptLength, initialText }: PromptTuningSettings, context: InitialisationContext): number[] {
  const ids = context.encodeText(initialText);
  if (ids.length === 0) {
    throw new Error(
      "The prompt should start from a text, but the text is empty. Type one, or start from the vocabulary.",
    );
  }
  return Array.from({ length: promptLength }, (_, slot) => ids[slot % ids.length] ?? 0);
}

/**
 * One slot per label, the mean of its word vectors; the other slots are words from the vocabulary (Lester et al. 2021,
 * section 3.2.2; google-research/prompt-tuning `prompts.py`).
 */
function labelRows(length: number, context: InitialisationContext): Float32Array {
  const { width } = context.dimensions;
  const rows = wordRows(drawnWords(length, context), context);
  for (const [slot, label] of context.labels.slice(0, length).entries()) {
    const ids = context.encodeText(label);
    if (ids.length === 0) throw new Error(`The label "${label}" has no words to start a virtual token from.`);
    const words = wordRows(ids, context);
    for (let column = 0; column < width; column++) {
      const sum = ids.reduce((total, _, word) => total + (words[word * width + column] ?? 0), 0);
      rows[slot * width + column] = sum / ids.length;
    }
  }
  return rows;
}

function wordRows(ids: readonly number[], { dimensions, wordEmbedding }: InitialisationContext): Float32Array {
  const rows = new Float32Array(ids.length * dimensions.width);
  for (const [slot, id] of ids.entries()) rows.set(wordEmbedding(id), slot * dimensions.width);
  return rows;
}
