/** The order of the table of examples. */
import type { ExampleOutcome } from "../../lib/exampleOutcome.ts";

export type OutcomeColumn = "place" | "gold" | "predicted" | "probability" | "score" | "loss";

/** Sorted by a column, equals by their place. */
export function sortedOutcomes(
  outcomes: readonly ExampleOutcome[],
  column: OutcomeColumn,
  descending: boolean,
): ExampleOutcome[] {
  const direction = descending ? -1 : 1;
  return outcomes.toSorted((a, b) => direction * compared(a, b, column) || a.place - b.place);
}

function compared(a: ExampleOutcome, b: ExampleOutcome, column: OutcomeColumn): number {
  switch (column) {
    case "gold":
    case "predicted":
      return a[column].localeCompare(b[column]);
    case "probability":
      return certainty(a) - certainty(b);
    case "place":
    case "score":
    case "loss":
      return a[column] - b[column];
    default:
      return column satisfies never;
  }
}

/** Probability of what was predicted. */
function certainty({ probabilities, predicted }: ExampleOutcome): number {
  return probabilities?.[predicted] ?? 0;
}
