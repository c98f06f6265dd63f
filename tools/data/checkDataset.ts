/**
 * Checks of a built-in data set: sizes, balance, duplicates, leaks between the splits, template writing, length.
 * It judges form only; whether a label is right stays a reader's work, and how hard the rows are is `bagOfWords.ts`.
 */
import { parseArgs } from "node:util";
import { pathToFileURL } from "node:url";
import { FUNCTION_WORDS } from "./functionWords.ts";
import { readDataset, textsOf, words, type Dataset, type Row } from "./rows.ts";

export interface DatasetLimits {
  readonly minTrainRows: number;
  readonly evalRows: number;
  /** Most words of a row, both texts of a pair together. */
  readonly maxWords: number;
  /** Token-set Jaccard similarity from which a train and an eval row count as the same. */
  readonly nearDuplicate: number;
  /** How many distinct texts may share one sentence skeleton. */
  readonly maxSkeletonUses: number;
}

export const DEFAULT_LIMITS: DatasetLimits = {
  minTrainRows: 400,
  evalRows: 200,
  maxWords: 22,
  nearDuplicate: 0.6,
  maxSkeletonUses: 3,
};

export interface DatasetProblem {
  readonly kind: "size" | "label" | "balance" | "length" | "duplicate" | "near-duplicate" | "skeleton";
  readonly message: string;
}

/** All problems of a data set, in the order of the checks; an empty list is a pass. */
export function checkDataset(data: Dataset, limits: DatasetLimits = DEFAULT_LIMITS): DatasetProblem[] {
  return [
    ...sizeProblems(data, limits),
    ...labelProblems(data),
    ...balanceProblems(data, "train"),
    ...balanceProblems(data, "eval"),
    ...lengthProblems(data, limits),
    ...duplicateProblems(data),
    ...nearDuplicateProblems(data, limits),
    ...skeletonProblems(data, limits),
  ];
}

/** A text with function words kept and each content word replaced by "_"; punctuation and case do not count. */
export function skeleton(text: string): string {
  return words(text)
    .map((word) => (FUNCTION_WORDS.has(word) ? word : "_"))
    .join(" ");
}

/** |A ∩ B| / |A ∪ B| of two sets; 0 when both are empty. */
export function jaccard(left: ReadonlySet<string>, right: ReadonlySet<string>): number {
  let shared = 0;
  for (const word of left) if (right.has(word)) shared++;
  const union = left.size + right.size - shared;
  return union === 0 ? 0 : shared / union;
}

function sizeProblems(data: Dataset, limits: DatasetLimits): DatasetProblem[] {
  const problems: DatasetProblem[] = [];
  if (data.train.length < limits.minTrainRows) {
    problems.push({
      kind: "size",
      message: `train: expected ${limits.minTrainRows} rows or more, got ${data.train.length}`,
    });
  }
  if (data.eval.length !== limits.evalRows) {
    problems.push({ kind: "size", message: `eval: expected exactly ${limits.evalRows} rows, got ${data.eval.length}` });
  }
  return problems;
}

function labelProblems(data: Dataset): DatasetProblem[] {
  return allRows(data)
    .filter(({ row }) => !data.labels.includes(row.label))
    .map(({ row, place }) => ({
      kind: "label",
      message: `${place}: expected one of ${data.labels.join(", ")}, got "${row.label}"`,
    }));
}

/** Labels may differ by one row, since a row count need not divide by the number of labels. */
function balanceProblems(data: Dataset, split: "train" | "eval"): DatasetProblem[] {
  const counts = data.labels.map((label) => data[split].filter((row) => row.label === label).length);
  if (Math.max(...counts) - Math.min(...counts) <= 1) return [];
  const listed = data.labels.map((label, index) => `${label} ${counts[index]}`).join(", ");
  return [{ kind: "balance", message: `${split}: expected as many rows of every label, got ${listed}` }];
}

function lengthProblems(data: Dataset, limits: DatasetLimits): DatasetProblem[] {
  return allRows(data).flatMap(({ row, place }) => {
    const length = words(textsOf(row).join(" ")).length;
    if (length > 0 && length <= limits.maxWords) return [];
    return [
      { kind: "length", message: `${place}: expected 1 to ${limits.maxWords} words, got ${length}: ${row.text}` },
    ];
  });
}

function duplicateProblems(data: Dataset): DatasetProblem[] {
  const seen = new Map<string, string>();
  return allRows(data).flatMap(({ row, place }) => {
    const key = textsOf(row)
      .map((text) => words(text).join(" "))
      .join(" | ");
    const earlier = seen.get(key);
    if (earlier === undefined) seen.set(key, place);
    return earlier === undefined ? [] : [{ kind: "duplicate", message: `${place}: same words as ${earlier}: ${key}` }];
  });
}

function nearDuplicateProblems(data: Dataset, limits: DatasetLimits): DatasetProblem[] {
  const train = data.train.map(wordSet);
  return data.eval.flatMap((row, evalIndex) => {
    const own = wordSet(row);
    return train.flatMap((other, trainIndex) => {
      const similarity = jaccard(own, other);
      if (similarity < limits.nearDuplicate) return [];
      const places = `eval:${evalIndex + 1} and train:${trainIndex + 1}`;
      return [{ kind: "near-duplicate", message: `${places}: Jaccard ${similarity.toFixed(2)}: ${row.text}` }];
    });
  });
}

/** Counts distinct texts, so that a premise shared by several pairs counts once. */
function skeletonProblems(data: Dataset, limits: DatasetLimits): DatasetProblem[] {
  const texts = new Set(allRows(data).flatMap(({ row }) => textsOf(row)));
  const bySkeleton = new Map<string, string[]>();
  for (const text of texts) {
    const key = skeleton(text);
    bySkeleton.set(key, [...(bySkeleton.get(key) ?? []), text]);
  }
  return [...bySkeleton]
    .filter(([, uses]) => uses.length > limits.maxSkeletonUses)
    .map(([key, uses]) => ({ kind: "skeleton", message: `"${key}" has ${uses.length} texts: ${uses.join(" / ")}` }));
}

/** Every row of both splits with its place, 1-based as in an editor. */
function allRows(data: Dataset): { row: Row; place: string }[] {
  return (["train", "eval"] as const).flatMap((split) =>
    data[split].map((row, index) => ({ row, place: `${split}:${index + 1}` })),
  );
}

function wordSet(row: Row): ReadonlySet<string> {
  return new Set(words(textsOf(row).join(" ")));
}

function main(): void {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { "max-words": { type: "string" } } });
  const [folder] = positionals;
  if (folder === undefined) throw new Error("Expected a data folder: checkDataset.ts public/data/sentiment");
  const maxWords = Number(values["max-words"] ?? DEFAULT_LIMITS.maxWords);
  const problems = checkDataset(readDataset(folder), { ...DEFAULT_LIMITS, maxWords });
  for (const { kind, message } of problems) console.log(`${kind}: ${message}`);
  console.log(problems.length === 0 ? "no problems" : `${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) main();
