/** The same checks of the frontier for every executor: a step from the cache gives what the whole step gives. */
import { expect } from "vitest";
import type { Executor } from "../../../src/engine/executor.ts";
import { openCut, resultOf, still, wholeSteps, type StepResult } from "./cutGraph.ts";
import { randomStep, SMALL, transformerGraph, type TransformerOptions } from "./transformerGraph.ts";

export const cutCases: readonly (readonly [string, Partial<TransformerOptions>])[] = [
  ["prompts in the last layer only", { layers: 3, promptedFrom: 2, soft: 0 }],
  ["prompts in the upper two of four layers", { layers: 4, promptedFrom: 2, soft: 0 }],
  ["the head only", { layers: 2, prefix: 0, soft: 0 }],
  ["prompt sets in a causal model", { layers: 3, promptedFrom: 1, soft: 0, causal: true, sets: 2 }],
];

const counts = { tokens: 40, sequences: 8, needed: 16 };
const batches = [
  [5, 3, 6],
  [4, 4],
  [5, 3, 6],
  [2, 7, 1, 3],
];

/** Four steps, the third like the first, from tables that hold all examples or that must forget some. */
export async function expectSameFromCache(
  executor: Executor,
  changes: Partial<TransformerOptions>,
  { which, tableRows, tolerance }: { which: 0 | 1; tableRows: Record<string, number>; tolerance: number },
): Promise<void> {
  const options = { ...SMALL, ...changes };
  const graph = transformerGraph(options);
  const steps = batches.map((lengths, place) => randomStep(options, lengths, place === 2 ? 0 : place));
  const expected = await wholeSteps(executor, graph, steps, counts);
  const cut = await openCut({ executor, graph, counts, which, tableRows });
  for (const [place, step] of steps.entries()) {
    cut.training.step(await cut.cache.fill(step), still);
    expectClose(await resultOf(cut.training), expected[place], tolerance);
  }
  cut.dispose();
  expect(executor.allocatedBytes()).toBe(0);
}

function expectClose(actual: StepResult, expected: StepResult | undefined, tolerance: number): void {
  if (expected === undefined) throw new Error("Every step has something to compare with.");
  expect([...actual.gradients.keys()].toSorted()).toEqual([...expected.gradients.keys()].toSorted());
  expect(Math.abs(actual.loss - expected.loss)).toBeLessThanOrEqual(tolerance * Math.abs(expected.loss));
  for (const [name, values] of expected.gradients) {
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largest, `largest gradient of ${name}`).toBeGreaterThan(1e-3);
    const got = actual.gradients.get(name) ?? new Float32Array(0);
    const worst = values.reduce((most, value, i) => Math.max(most, Math.abs(value - (got[i] ?? Number.NaN))), 0);
    expect(worst, `difference in ${name}`).toBeLessThanOrEqual(tolerance * largest);
  }
}
