/**
 * What a session compiles for a set-up: the graphs with the savings the settings ask for, the row capacities, the frontier's
 * tables. Decided from shapes alone, so the estimate before a run and the run itself agree.
 */
import type { TrainingSettings } from "../config/training.ts";
import type { ParameterShape, PlannedMemory, StepValues } from "../engine/executor.ts";
import { withAllRows } from "../engine/graph/allRows.ts";
import { remainderOf } from "../engine/graph/frontier.ts";
import type { Graph } from "../engine/graph/graph.ts";
import { padToLongest, paddedSpaceOf } from "../engine/graph/padding.ts";
import { rebuild } from "../engine/graph/rebuild.ts";
import { sequenceLayout, type SequenceLayout } from "../engine/graph/sequences.ts";
import type { RowCounts } from "../engine/graph/tensor.ts";
import type { EncodedSequence } from "../tasks/task.ts";
import { chooseFrontier, type ChosenFrontier } from "./frontierChoice.ts";
import type { PreparedData } from "./prepareData.ts";
import type { RunSetup } from "./setup.ts";

export interface RunPlan {
  readonly trainingGraph: Graph;
  readonly evaluationGraph: Graph;
  readonly trainingCapacities: RowCounts;
  readonly evaluationCapacities: RowCounts;
  /** Row counts of a step with examples of mean length. */
  readonly meanStep: RowCounts;
  /** Row counts of all evaluation examples, and of these and the training examples together. */
  readonly evaluationRows: RowCounts;
  readonly allRows: RowCounts;
  /** Sequences of one micro-batch, at most the batch. */
  readonly microBatch: number;
  /** The set-up's parameters and the frontier's tables. */
  readonly parameters: readonly ParameterShape[];
  readonly chosen: ChosenFrontier | undefined;
  /** Roles of the whole graph's inputs. */
  readonly layout: SequenceLayout;
  /** Pads a step where packing is switched off; `graph` is the one it is for. */
  padded(values: StepValues, graph: Graph): StepValues;
}

export interface RunPlanOptions {
  readonly setup: RunSetup;
  readonly settings: TrainingSettings;
  readonly data: Pick<PreparedData, "train" | "evaluation" | "longest">;
  /** Replaces the setting's micro-batch where memory was short. */
  readonly microBatch?: number;
}

/** @throws when the graph cannot be cut into sequences. */
export function planRun({ setup, settings, data, microBatch: forced }: RunPlanOptions): RunPlan {
  const { savings, batchSize } = settings;
  const asked = forced ?? settings.microBatch;
  const microBatch = asked === 0 ? batchSize : Math.min(asked, batchSize);
  const whole = { training: saved(setup.trainingGraph, settings), evaluation: saved(setup.evaluationGraph, settings) };
  const layout = sequenceLayout(setup.trainingGraph);
  const trainRows = countsOf(setup, data.train.sequences);
  const evaluationRows = countsOf(setup, data.evaluation.sequences);
  const meanStep = scaled(trainRows, batchSize / data.train.sequences.length);
  const allRows = sumOf(trainRows, evaluationRows);
  const capacities = (sequences: number): RowCounts => {
    const packed = setup.capacities(sequences, data.longest);
    // Padding is made of sequences of its own, at most one for each.
    return savings.packedRows ? packed : { ...packed, [layout.sequences]: 2 * sequences };
  };
  const largest = setup.capacities(Math.max(batchSize, setup.evaluationChunk), data.longest);
  const visits = visitsOf(settings, data);
  const chosen = chooseFrontier(whole.training, settings, { step: meanStep, all: allRows, largest, visits });
  const cut = (graph: Graph): Graph =>
    chosen === undefined ? graph : remainderOf(graph, chosen.frontier, chosen.tableRows, savings);
  return {
    trainingGraph: cut(whole.training),
    evaluationGraph: cut(whole.evaluation),
    trainingCapacities: capacities(microBatch),
    evaluationCapacities: capacities(setup.evaluationChunk),
    meanStep,
    evaluationRows,
    allRows,
    microBatch,
    parameters: [...setup.parameters, ...(chosen?.tables ?? [])],
    chosen,
    layout,
    padded(values, graph) {
      const space = savings.packedRows ? undefined : paddedSpaceOf(graph);
      return space === undefined ? values : padToLongest({ ...layout, inputs: graph.inputs }, values, space);
    },
  };
}

/** A plan for each data set. Tables of what frozen layers computed would have to be kept apart for each, so several have none. */
export function planLanes(
  lanes: readonly Pick<RunPlanOptions, "setup" | "data">[],
  settings: TrainingSettings,
  microBatch?: number,
): RunPlan[] {
  const savings = { ...settings.savings, frontier: settings.savings.frontier && lanes.length === 1 };
  const forced = microBatch === undefined ? {} : { microBatch };
  return lanes.map(({ setup, data }) => planRun({ setup, data, settings: { ...settings, savings }, ...forced }));
}

/** The parameters of all plans, each once; half precision only where every plan that reads it allows that. */
export function parametersOf(plans: readonly Pick<RunPlan, "parameters">[]): ParameterShape[] {
  const known = new Map<string, ParameterShape>();
  for (const shape of plans.flatMap(({ parameters }) => parameters)) {
    const other = known.get(shape.name) ?? shape;
    const { half, ...whole } = other;
    known.set(shape.name, half === true && shape.half !== true ? whole : other);
  }
  return [...known.values()];
}

/** The plans' graphs as they will be compiled, for what they take on a device. */
export function plannedMemory(plans: readonly RunPlan[], { batchSize }: TrainingSettings): PlannedMemory {
  const graphs = plans.flatMap((plan) => {
    const { trainingGraph, evaluationGraph, trainingCapacities, evaluationCapacities, chosen } = plan;
    const accumulate = plan.microBatch < batchSize;
    const trunk = chosen === undefined ? [] : [{ graph: chosen.frontier.trunk, capacities: evaluationCapacities }];
    const training = { graph: trainingGraph, capacities: trainingCapacities, accumulate };
    return [training, { graph: evaluationGraph, capacities: evaluationCapacities }, ...trunk];
  });
  return { shapes: parametersOf(plans), graphs };
}

/** The graph without the savings that are switched off. */
function saved(graph: Graph, { savings }: TrainingSettings): Graph {
  if (!savings.neededRows) return withAllRows(graph, savings);
  return savings.frozenWeights && savings.lowestLayer ? graph : rebuild(graph, { savings });
}

/** Looks at the evaluation examples in one run. */
export function evaluationsOf({ steps, evaluateEvery }: Pick<TrainingSettings, "steps" | "evaluateEvery">): number {
  return Math.ceil(steps / evaluateEvery);
}

/** How often each example is visited on average. */
function visitsOf(
  { steps, batchSize, evaluateEvery }: TrainingSettings,
  { train, evaluation }: RunPlanOptions["data"],
) {
  const visits = steps * batchSize + evaluationsOf({ steps, evaluateEvery }) * evaluation.sequences.length;
  return visits / Math.max(1, train.sequences.length + evaluation.sequences.length);
}

/** Sequences are packed in portions, so that a large data set is never laid out as a whole. */
const portion = 256;

function countsOf({ pack }: RunSetup, sequences: readonly EncodedSequence[]): RowCounts {
  const counts: Record<string, number> = {};
  for (let start = 0; start < sequences.length; start += portion) {
    for (const [space, rows] of Object.entries(pack(sequences.slice(start, start + portion), false).counts)) {
      counts[space] = (counts[space] ?? 0) + rows;
    }
  }
  return counts;
}

function sumOf(a: RowCounts, b: RowCounts): RowCounts {
  const spaces = Object.keys({ ...a, ...b });
  return Object.fromEntries(spaces.map((space) => [space, (a[space] ?? 0) + (b[space] ?? 0)]));
}

function scaled(counts: RowCounts, factor: number): RowCounts {
  return Object.fromEntries(Object.entries(counts).map(([space, rows]) => [space, Math.round(rows * factor)]));
}
