/** Sweeps and their results as text: the sweep itself and its results as JSON, the results as a table for CSV. */
import { axisValueText, type Sweep, type SweepCell } from "../config/sweep.ts";
import type { CsvCell } from "../lib/csv.ts";
import type { RunFacts, RunOutcome, SeedResult } from "../training/events.ts";

/** What came out of one cell; a run of the page and a run record both have it. */
export interface CellResult {
  readonly outcome: RunOutcome;
  readonly facts: RunFacts;
  readonly seed: SeedResult;
}

/** Results by the id of their cell; cells without one are open. */
export type CellResults = ReadonlyMap<string, CellResult>;

/** JSON text of a sweep, as the page and the command line read it. */
export function encodeSweep(sweep: Sweep): string {
  return `${JSON.stringify(sweep, undefined, 2)}\n`;
}

/** JSON text of a sweep with everything that came out so far, one entry per cell in the order of the plan. */
export function encodeResults(sweep: Sweep, cells: readonly SweepCell[], results: CellResults): string {
  const entries = cells.map((cell) => ({
    id: cell.id,
    values: cell.values,
    seed: cell.seed,
    ...resultEntry(results.get(cell.id)),
  }));
  return `${JSON.stringify({ sweep, cells: entries }, undefined, 2)}\n`;
}

function resultEntry(result: CellResult | undefined): object {
  if (result === undefined) return { outcome: "open" };
  const { outcome, facts, seed } = result;
  const { scoreName, baseline, majorityAccuracy, trained, trainExamples, evaluationExamples, backend, adapter } = facts;
  return {
    outcome,
    score: scoreName,
    best: seed.best,
    last: seed.last,
    baseline: { name: baseline, score: majorityAccuracy },
    trained,
    trainExamples,
    evaluationExamples,
    seconds: seed.seconds,
    backend,
    adapter,
  };
}

/** One row per cell with plain numbers; a cell that is open has empty results. */
export function resultsTable(cells: readonly SweepCell[], results: CellResults): CsvCell[][] {
  const fields = Object.keys(cells[0]?.values ?? {});
  const measured =
    "outcome,score,best,interval low,interval high,best step,best macro-F1,last,last loss,trained prompt,trained head,trained model,seconds,backend";
  return [
    [...fields, "seed", ...measured.split(",")],
    ...cells.map(({ id, values, seed }) => [
      ...fields.map((field) => axisValueText(values[field])),
      seed,
      ...resultRow(results.get(id)),
    ]),
  ];
}

function resultRow(result: CellResult | undefined): CsvCell[] {
  if (result === undefined) return ["open", ...Array.from({ length: 13 }, () => undefined)];
  const { outcome, facts, seed } = result;
  const { best, last, seconds } = seed;
  const { prompt, head, model } = facts.trained;
  const scores = [best.accuracy, ...best.interval, best.step, best.macroF1, last.accuracy, last.loss];
  return [outcome, facts.scoreName, ...scores, prompt, head, model, seconds, facts.backend];
}
