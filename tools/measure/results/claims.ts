/** The claims of the field as comparisons between two cells, and what the cells say to them, whichever way it goes. */
import { DATA_SETS, METHODS, VARIANTS } from "./plan.ts";
import type { Cell } from "./resultFile.ts";

interface Claim {
  readonly title: string;
  /** Method or variant that the claim puts first, and the one it is compared with. */
  readonly pairs: readonly (readonly [first: string, second: string])[];
  /** How to read a comparison, where "higher" is not the whole answer. */
  readonly note?: string;
}

export const CLAIMS: readonly Claim[] = [
  {
    title: "Deep beats shallow on a small model, more so on tagging",
    pairs: [
      ["deep", "soft"],
      ["deep-mlp", "soft"],
    ],
  },
  {
    title: "A deep prompt beats the head alone",
    pairs: [
      ["deep", "head"],
      ["deep-mlp", "head"],
    ],
  },
  {
    title: "Deep comes near full fine-tuning",
    pairs: [["deep", "full"]],
    note: "Near would be a difference around zero.",
  },
  {
    title: "Layers added from the top beat layers added from the bottom, at equal parameters",
    pairs: [["deep-top", "deep-bottom"]],
  },
  {
    title: "Short prompts suffice for classification, tagging wants longer ones",
    pairs: [
      ["deep", "deep-4"],
      ["deep-64", "deep"],
    ],
    note: "Expected: about zero on classification, above zero on tagging.",
  },
  {
    title: "Reparameterisation helps or hurts by task",
    pairs: [["deep-mlp", "deep"]],
    note: "Expected: different signs on different data.",
  },
  { title: "[CLS] with a linear head against label words at [MASK]", pairs: [["deep", "deep-verbalizer"]] },
  { title: "A shared prompt for several tasks against one prompt for each", pairs: [["deep-multi-task", "deep"]] },
];

export interface Comparison {
  readonly claim: string;
  readonly data: string;
  readonly task: string;
  readonly first: string;
  readonly second: string;
  /** Scores, as shares. */
  readonly scores: readonly [number, number];
  readonly seeds: number;
  readonly reading: "higher" | "lower" | "no clear difference" | "one seed";
}

/** Every comparison of a claim for which both cells are there. */
export function compare({ title, pairs }: Claim, cells: readonly Cell[]): Comparison[] {
  return pairs.flatMap(([first, second]) =>
    DATA_SETS.flatMap(({ id, title: data, task }) => {
      const find = (method: string): Cell | undefined =>
        cells.find((cell) => cell.data === id && cell.method === method);
      const [one, other] = [find(first), find(second)];
      if (one === undefined || other === undefined) return [];
      const names = { first: titleOf(first), second: titleOf(second) };
      const seeds = Math.min(one.scores.length, other.scores.length);
      return [{ claim: title, data, task, ...names, scores: [one.mean, other.mean], seeds, reading: read(one, other) }];
    }),
  );
}

/** Differences count from two standard errors on. */
function read(one: Cell, other: Cell): Comparison["reading"] {
  if (one.deviation === null || other.deviation === null) return "one seed";
  const error = Math.sqrt(one.deviation ** 2 / one.scores.length + other.deviation ** 2 / other.scores.length);
  const difference = one.mean - other.mean;
  if (Math.abs(difference) <= 2 * error) return "no clear difference";
  return difference > 0 ? "higher" : "lower";
}

/** What a method is called in the tables. */
export function titleOf(method: string): string {
  return [...METHODS, ...VARIANTS].find(({ id }) => id === method)?.title ?? method;
}
