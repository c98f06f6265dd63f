/** Checks the values of a step against what the graph reads, before anything is computed with them. */
import type { StepValues } from "../executor.ts";
import type { Graph } from "../graph/graph.ts";
import { countRows, type RowCounts, type StepInput } from "../graph/tensor.ts";

/** @throws naming the input or row space that is missing, too long or of a wrong length. */
export function checkStepInputs(graph: Graph, steps: StepValues, capacities: RowCounts): void {
  for (const [space, capacity] of Object.entries(capacities)) {
    const count = steps.counts[space] ?? 0;
    if (count > capacity) {
      throw new Error(`The step has ${count} rows of "${space}"; the plan was compiled for at most ${capacity}.`);
    }
  }
  for (const input of graph.inputs) checkInput(input, steps);
}

function checkInput(input: StepInput, { counts, indices, values }: StepValues): void {
  const array = input.kind === "index" ? indices[input.name] : values[input.name];
  const expected = countRows(input.rows, counts) + (input.kind === "index" ? input.extra : 0);
  if (array === undefined) throw new Error(`The step input "${input.name}" is missing; expected ${expected} numbers.`);
  if (array.length < expected) {
    throw new Error(`The step input "${input.name}" has ${array.length} numbers; expected ${expected}.`);
  }
}
