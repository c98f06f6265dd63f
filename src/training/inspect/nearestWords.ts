/**
 * Which words lie nearest to each virtual token of a soft prompt (Lester et al. 2021, section 7), and how near that is
 * compared with how near words lie to each other. A trained slot is no word: prompts that do well can lie next to words that
 * say anything (Khashabi et al. 2022), so the distance is always reported beside the words' own.
 */
import type { EvaluationPlan, Executor } from "../../engine/executor.ts";
import { Builder } from "../../engine/graph/builder.ts";
import { gather } from "../../engine/graph/operations/gather.ts";
import { matmul } from "../../engine/graph/operations/matmul.ts";
import { randomStream } from "../../lib/random.ts";
import { quantile } from "../../lib/statistics.ts";
import type { LoadedModel } from "../../models/loadModel.ts";
import { nearestOf, norm, wordTable, type Neighbour, type Neighbours, type WordTable } from "./wordRanking.ts";

export interface WordNeighbour extends Neighbour {
  readonly text: string;
}

export interface SlotWords {
  /** From 1. */
  readonly slot: number;
  readonly norm: number;
  readonly byCosine: readonly WordNeighbour[];
  readonly byDistance: readonly WordNeighbour[];
  /** Share of the sampled words that lie nearer to another word than this slot does to its nearest. */
  readonly fartherThan: number;
  /** Share of the sampled words whose most similar other word is more similar, by cosine, than this slot's. */
  readonly lessSimilarThan: number;
  /** Where the slot started: the word nearest to it then, and how far it has gone since. */
  readonly start: { readonly word: WordNeighbour; readonly moved: number };
}

/** Least value, the quantiles of 5, 25, 50, 75 and 95 %, and the greatest. */
export type Spread = readonly number[];

/** The shares that a spread gives. */
export const spreadShares = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1] as const;

/** How words of the vocabulary lie among themselves. */
export interface WordBaseline {
  /** Words drawn; all others are looked at from each. */
  readonly sampled: number;
  /** From a word to the nearest other one. */
  readonly distance: Spread;
  readonly cosine: Spread;
  readonly norm: Spread;
}

export interface NearestWords {
  readonly slots: readonly SlotWords[];
  readonly baseline: WordBaseline;
}

export interface NearestWordsOptions {
  readonly model: LoadedModel;
  readonly executor: Executor;
  /** [P, D], as they enter the model, and as they did before training. */
  readonly slots: Float32Array;
  readonly start: Float32Array;
  /** Neighbours per slot. */
  readonly count?: number;
  /** Words of the baseline. */
  readonly sample?: number;
  readonly signal?: AbortSignal;
}

export interface WordsProgress {
  readonly done: number;
  readonly total: number;
}

/** Products of one run of the plan; more would only take memory. */
const mostProducts = 2 ** 21;
const mostQueries = 64;

const names = { slots: "inspected slots", query: "queries", word: "queries.word", slot: "queries.slot" } as const;

/** Returns undefined when it was cancelled. */
export async function* nearestWords(
  options: NearestWordsOptions,
): AsyncGenerator<WordsProgress, NearestWords | undefined> {
  const { model, slots, start, count = 5, sample = 512 } = options;
  const { width } = model.family.dimensions;
  const table = tableOf(model);
  const length = slots.length / width;
  const sampled = drawnWords(table, sample);
  const both = joined(slots, start);
  const queries: Query[] = [
    ...Array.from({ length: 2 * length }, (_, slot): Query => ({ word: -1, slot })),
    ...sampled.map((word): Query => ({ word, slot: -1 })),
  ];
  const found = yield* neighboursOf(options, { table, slots: both, queries, count });
  if (found === undefined) return undefined;
  const baseline = found.slice(2 * length);
  const named = (neighbour: Neighbour): WordNeighbour => ({
    ...neighbour,
    text: model.tokenizer.tokenText(neighbour.id),
  });
  const [near, similar] = [baseline.map(nearest), baseline.map(mostSimilar)];
  return {
    slots: found.slice(0, length).map(({ byCosine, byDistance }, slot): SlotWords => {
      const row = slots.subarray(slot * width, (slot + 1) * width);
      const [own, first] = [found[slot], found[length + slot]?.byDistance[0]];
      if (own === undefined || first === undefined) throw new Error("The vocabulary has no words to compare with.");
      return {
        slot: slot + 1,
        norm: norm(row),
        byCosine: byCosine.map(named),
        byDistance: byDistance.map(named),
        fartherThan: share(near, (distance) => distance < nearest(own)),
        lessSimilarThan: share(similar, (cosine) => cosine > mostSimilar(own)),
        start: { word: named(first), moved: norm(row.map((value, at) => value - (start[slot * width + at] ?? 0))) },
      };
    }),
    baseline: {
      sampled: sampled.length,
      distance: spread(near),
      cosine: spread(similar),
      norm: spread(sampled.map((id) => table.norms[id] ?? 0)),
    },
  };
}

function nearest({ byDistance }: Neighbours): number {
  return byDistance[0]?.distance ?? Infinity;
}

function mostSimilar({ byCosine }: Neighbours): number {
  return byCosine[0]?.cosine ?? -1;
}

function share(values: readonly number[], counts: (value: number) => boolean): number {
  return values.length === 0 ? 0 : values.filter(counts).length / values.length;
}

function spread(values: readonly number[]): Spread {
  return spreadShares.map((part) => quantile(values, part));
}

/** Places like [unused7] hold no trained word and would be each other's neighbours. */
function tableOf({ family, weights, tokenizer }: LoadedModel): WordTable {
  const values = weights.get(family.wordEmbeddings);
  if (values === undefined) throw new Error(`The model has no word embeddings "${family.wordEmbeddings}".`);
  const { width } = family.dimensions;
  const isWord = (id: number): boolean => tokenizer.hasId(id) && !/^\[unused\d+\]$/.test(tokenizer.tokenText(id));
  return wordTable(values, width, isWord);
}

/** The same words in every inspection of a model; special tokens are neighbours, but none of these. */
function drawnWords({ isWord }: WordTable, count: number): number[] {
  const words = [...isWord.keys()].filter((id) => isWord[id] === 1);
  return randomStream(0, "word baseline").shuffle(words).slice(0, count);
}

function joined(first: Float32Array, second: Float32Array): Float32Array {
  const both = new Float32Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** A row of one of the two tables; −1 stands for none. */
interface Query {
  readonly word: number;
  readonly slot: number;
}

interface Search {
  readonly table: WordTable;
  readonly slots: Float32Array;
  readonly queries: readonly Query[];
  readonly count: number;
}

/** The products of all queries with all words are made on the device, some queries at a time. */
async function* neighboursOf(
  { model, executor, signal }: NearestWordsOptions,
  search: Search,
): AsyncGenerator<WordsProgress, Neighbours[] | undefined> {
  const { table, slots, queries } = search;
  const { width, vocabulary } = model.family.dimensions;
  const words = { name: model.family.wordEmbeddings, rows: vocabulary, width };
  const own = { name: names.slots, rows: slots.length / width, width };
  const chunk = Math.max(1, Math.min(mostQueries, Math.floor(mostProducts / vocabulary)));
  const values = new Map([
    [words.name, table.values],
    [own.name, slots],
  ]);
  const store = executor.createParameters([words, own], values);
  let plan: EvaluationPlan | undefined;
  try {
    plan = await executor.compileEvaluation(productGraph(words, own), store, { [names.query]: chunk });
    const found: Neighbours[] = [];
    for (let first = 0; first < queries.length; first += chunk) {
      if (signal?.aborted) return undefined;
      yield { done: first, total: queries.length };
      found.push(...(await searchPart(plan, search, queries.slice(first, first + chunk))));
    }
    return found;
  } finally {
    plan?.dispose();
    store.dispose();
  }
}

async function searchPart(
  plan: EvaluationPlan,
  { table, slots, count }: Search,
  part: readonly Query[],
): Promise<Neighbours[]> {
  const { width, norms } = table;
  const outputs = await plan.run({
    counts: { [names.query]: part.length },
    indices: {
      [names.word]: Int32Array.from(part, ({ word }) => word),
      [names.slot]: Int32Array.from(part, ({ slot }) => slot),
    },
    values: {},
  });
  const products = outputs.get("products") ?? new Float32Array();
  return part.map(({ word, slot }, place) => {
    const query = word < 0 ? rowOf(slots, slot, width) : rowOf(table.values, word, width);
    return nearestOf(rowOf(products, place, norms.length), query, table, { count, self: word });
  });
}

function rowOf(values: Float32Array, row: number, width: number): Float32Array {
  return values.subarray(row * width, (row + 1) * width);
}

interface Shape {
  readonly name: string;
  readonly rows: number;
  readonly width: number;
}

/** Output `products` [queries, V]. */
function productGraph(words: Shape, slots: Shape) {
  const builder = new Builder();
  const space = builder.rowSpace(names.query);
  const table = builder.parameter(words);
  const rows = gather(builder, [
    { table, index: builder.index(names.word, space) },
    { table: builder.parameter(slots), index: builder.index(names.slot, space) },
  ]);
  builder.output("products", matmul(builder, rows, table, { transposeB: true, label: "products" }));
  return builder.finish();
}
