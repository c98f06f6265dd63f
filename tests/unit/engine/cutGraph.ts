/** What the tests of the frontier share: a transformer cut at its frontier, run with its cache beside the whole one. */
import type { Executor, StepValues } from "../../../src/engine/executor.ts";
import { frontiersOf, remainderOf } from "../../../src/engine/graph/frontier.ts";
import type { Graph } from "../../../src/engine/graph/graph.ts";
import { sequenceLayout } from "../../../src/engine/graph/sequences.ts";
import type { RowCounts } from "../../../src/engine/graph/tensor.ts";
import { FrontierCache } from "../../../src/training/frontierCache.ts";
import { randomParameters, shapesOf, updateSettings } from "./transformerGraph.ts";

export interface CutOptions {
  readonly executor: Executor;
  readonly graph: Graph;
  readonly counts: RowCounts;
  /** 0 is the widest frontier, 1 the narrowest. */
  readonly which: 0 | 1;
  readonly tableRows: RowCounts;
}

/** Compiles the remainder and its trunk, with a cache between them. */
export async function openCut({ executor, graph, counts, which, tableRows }: CutOptions) {
  const frontier = frontiersOf(graph, counts)[which];
  if (frontier === undefined) throw new Error("This graph has no such frontier.");
  const remainder = remainderOf(graph, frontier, tableRows);
  const tables = frontier.crossings.map(({ table, space, tensor }) => {
    return { name: table, rows: tableRows[space.name] ?? 0, width: tensor.width };
  });
  const zeros = tables.map(({ name, rows, width }) => [name, new Float32Array(rows * width)] as const);
  const values = new Map([...randomParameters(graph, 1), ...zeros]);
  const store = executor.createParameters([...shapesOf(graph), ...tables], values);
  const training = await executor.compileTraining(remainder, store, counts);
  const trunk = await executor.compileEvaluation(frontier.trunk, store, counts);
  const layout = sequenceLayout(graph);
  const cache = new FrontierCache({ frontier, layout, trunk, trunkSequences: 2, store, tableRows });
  const dispose = (): void => {
    training.dispose();
    trunk.dispose();
    store.dispose();
  };
  return { frontier, remainder, training, cache, store, dispose };
}

/** Losses and gradients of steps of the whole graph; nothing is updated in between. */
export async function wholeSteps(executor: Executor, graph: Graph, steps: readonly StepValues[], counts: RowCounts) {
  const store = executor.createParameters(shapesOf(graph), randomParameters(graph, 1));
  const training = await executor.compileTraining(graph, store, counts);
  const results: StepResult[] = [];
  for (const step of steps) {
    training.step(step, still);
    results.push(await resultOf(training));
  }
  training.dispose();
  store.dispose();
  return results;
}

export interface StepResult {
  readonly loss: number;
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

/** What the last step gave. */
export async function resultOf(training: {
  statistics(): Promise<{ loss: number }[]>;
  readGradients(): Promise<Map<string, Float32Array>>;
}): Promise<StepResult> {
  const statistics = await training.statistics();
  return { loss: statistics.at(-1)?.loss ?? Number.NaN, gradients: await training.readGradients() };
}

/** Updates that change nothing, so that steps can be compared one by one. */
export const still = updateSettings({ learningRate: 0 });
