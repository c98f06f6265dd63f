/** What a sweep will take, before anything runs: cells, steps, arithmetic, and which cells cannot be trained and why. */
import type { SweepCell } from "../config/sweep.ts";
import type { CellCost } from "../config/sweepProgress.ts";
import { messageOf } from "../lib/errors.ts";
import { estimateRun, type RunEstimate } from "../training/estimate.ts";
import { cellExamples, type SweepSources } from "./sweep.ts";

export interface SweepCost {
  /** In the order of the plan. */
  readonly cells: readonly CellCost[];
  /** Reasons why cells cannot be trained, each once, with how many cells it stops. */
  readonly problems: readonly { readonly message: string; readonly cells: number }[];
}

/** Cells that differ only in their seed cost the same, so each combination of values is estimated once. */
export async function sweepCost(
  cells: readonly SweepCell[],
  sources: Pick<SweepSources, "model" | "examples">,
): Promise<SweepCost> {
  const estimates = new Map<string, Pick<RunEstimate, "runFlops" | "problem">>();
  const problems = new Map<string, number>();
  const costs: CellCost[] = [];
  for (const { id, values, experiment } of cells) {
    const key = JSON.stringify(values);
    const estimate = estimates.get(key) ?? (await estimateCell(experiment, sources));
    estimates.set(key, estimate);
    const { problem, runFlops } = estimate;
    if (problem !== undefined) problems.set(problem, (problems.get(problem) ?? 0) + 1);
    costs.push({ id, steps: experiment.training.steps, flops: runFlops });
  }
  return { cells: costs, problems: [...problems].map(([message, count]) => ({ message, cells: count })) };
}

async function estimateCell(
  experiment: SweepCell["experiment"],
  sources: Pick<SweepSources, "model" | "examples">,
): Promise<Pick<RunEstimate, "runFlops" | "problem">> {
  // Lets the worker answer other questions between two estimates.
  await new Promise((resolve) => setTimeout(resolve, 0));
  try {
    const [model, { examples, otherExamples }] = [
      await sources.model(experiment),
      await cellExamples(experiment, sources),
    ];
    return estimateRun(experiment, model, examples, undefined, otherExamples);
  } catch (error) {
    return { runFlops: 0, problem: messageOf(error) };
  }
}
