/** The same checks of savings and micro-batches for every executor: other ways to compute a step give the same step. */
import { expect } from "vitest";
import type { Executor, StepStatistics, StepValues } from "../../../src/engine/executor.ts";
import { withAllRows } from "../../../src/engine/graph/allRows.ts";
import { graphCosts } from "../../../src/engine/graph/costs.ts";
import type { Graph } from "../../../src/engine/graph/graph.ts";
import { padToLongest } from "../../../src/engine/graph/padding.ts";
import { rebuild } from "../../../src/engine/graph/rebuild.ts";
import { microBatches, sequenceLayout } from "../../../src/engine/graph/sequences.ts";
import {
  randomParameters,
  randomStep,
  shapesOf,
  SMALL,
  transformerGraph,
  updateSettings,
  type TransformerOptions,
} from "./transformerGraph.ts";

export const stepOptions: TransformerOptions = { ...SMALL, layers: 3, promptedFrom: 1, soft: 0, sets: 2, gated: true };
export const capacities = { tokens: 40, sequences: 16, needed: 20 };
const step = randomStep(stepOptions, [5, 3, 6, 4, 2], 1);
const graph = transformerGraph(stepOptions);
const layout = sequenceLayout(graph);

/** What computes the step without a saving: more arithmetic, the same results. */
export const waysWithoutSaving: readonly (readonly [string, () => { graph: Graph; step: StepValues }])[] = [
  ["a gradient for every weight it passes", () => changed({ frozenWeights: false, lowestLayer: true })],
  ["the way back to the embeddings", () => changed({ frozenWeights: true, lowestLayer: false })],
  ["every row of the last layer and the head", () => ({ graph: withAllRows(graph), step })],
  ["padding to the longest sequence", () => ({ graph, step: padToLongest(layout, step, "tokens") })],
];

function changed(savings: { frozenWeights: boolean; lowestLayer: boolean }) {
  return { graph: rebuild(graph, { savings }), step };
}

/** Rows of a step, for its costs. */
export function flopsOf({ graph: computed, step: { counts } }: { graph: Graph; step: StepValues }): number {
  return graphCosts(computed, counts).flops;
}

export const usual = { graph, step };

/** Two steps of the usual graph and of another way; loss, hits, gradients and updated values agree. */
export async function expectSameStep(executor: Executor, other: { graph: Graph; step: StepValues }): Promise<void> {
  const [expected, actual] = [await run(executor, graph, [step]), await run(executor, other.graph, [other.step])];
  expectSame(actual, expected, 1e-5);
}

/** Micro-batches of this size make the same step as the whole batch. */
export async function expectSameFromMicroBatches(executor: Executor, size: number): Promise<void> {
  const parts = microBatches(layout, step, size);
  expect(parts.length).toBe(Math.ceil(5 / size));
  const [expected, actual] = [await run(executor, graph, [step]), await run(executor, graph, parts)];
  expectSame(actual, expected, 1e-5);
  expect(executor.allocatedBytes()).toBe(0);
}

interface Outcome {
  readonly statistics: readonly StepStatistics[];
  readonly gradients: ReadonlyMap<string, Float32Array>;
  readonly values: ReadonlyMap<string, Float32Array>;
}

async function run(executor: Executor, computed: Graph, parts: readonly StepValues[]): Promise<Outcome> {
  const store = executor.createParameters(shapesOf(graph), randomParameters(graph, 1));
  const plan = await executor.compileTraining(computed, store, capacities, { accumulate: parts.length > 1 });
  for (let i = 0; i < 2; i++) plan.step(parts, updateSettings({ clipNorm: 0.5 }));
  const outcome = {
    statistics: await plan.statistics(),
    gradients: await plan.readGradients(),
    values: await store.readTrained(),
  };
  plan.dispose();
  store.dispose();
  return outcome;
}

function expectSame(actual: Outcome, expected: Outcome, tolerance: number): void {
  expect(actual.statistics).toHaveLength(expected.statistics.length);
  for (const [place, { loss, correct, gradientNorm, skipped }] of expected.statistics.entries()) {
    expect(actual.statistics[place]).toMatchObject({ correct, skipped });
    expect(actual.statistics[place]?.loss).toBeCloseTo(loss, 5);
    expect(Math.abs((actual.statistics[place]?.gradientNorm ?? 0) / gradientNorm - 1)).toBeLessThan(tolerance);
  }
  expect([...actual.gradients.keys()].toSorted()).toEqual([...expected.gradients.keys()].toSorted());
  expectClose(actual.gradients, expected.gradients, tolerance);
  // Adam divides by the gradient's own size, which enlarges what rounding did to the smallest gradients.
  expectClose(actual.values, expected.values, 1e-3);
}

function expectClose(actual: Outcome["values"], expected: Outcome["values"], tolerance: number): void {
  for (const [name, values] of expected) {
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largest, `largest of ${name}`).toBeGreaterThan(1e-3);
    const got = actual.get(name) ?? new Float32Array(0);
    const worst = values.reduce((most, value, i) => Math.max(most, Math.abs(value - (got[i] ?? Number.NaN))), 0);
    expect(worst, `difference in ${name}`).toBeLessThanOrEqual(tolerance * largest);
  }
}
