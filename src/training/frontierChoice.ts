/** Whether a run keeps its frozen frontier, which one, and how large its tables are. Decided from shapes before anything is compiled. */
import type { TrainingSettings } from "../config/training.ts";
import type { ParameterShape } from "../engine/executor.ts";
import { nodesFlops } from "../engine/graph/costs.ts";
import { frontiersOf, type Frontier } from "../engine/graph/frontier.ts";
import type { Graph } from "../engine/graph/graph.ts";
import type { RowCounts } from "../engine/graph/tensor.ts";
import { tableBytes } from "./frontierCache.ts";

/** What a run does with its examples. */
export interface FrontierDemand {
  /** Row counts of a usual step. */
  readonly step: RowCounts;
  /** Row counts of all examples together. */
  readonly all: RowCounts;
  /** Row counts of the largest set that is needed at once. */
  readonly largest: RowCounts;
  /** Times an example is visited on average, training and evaluations together. */
  readonly visits: number;
}

export interface ChosenFrontier {
  readonly frontier: Frontier;
  readonly tableRows: RowCounts;
  readonly tables: readonly ParameterShape[];
}

/** A frontier that saves less of a step than this is not worth its memory. */
const leastShare = 0.05;
/** The trunk's results must be used more often than this on average. */
const leastVisits = 1.5;
/** What every device can bind at once. */
const mostTableBytes = 128 * 1024 * 1024;

/** Undefined when keeping the frontier does not pay. */
export function chooseFrontier(
  graph: Graph,
  { savings, cacheMegabytes }: Pick<TrainingSettings, "savings" | "cacheMegabytes">,
  demand: FrontierDemand,
): ChosenFrontier | undefined {
  if (!savings.frontier || demand.visits < leastVisits) return undefined;
  const whole = nodesFlops(graph.nodes, demand.step);
  const budget = cacheMegabytes * 1024 * 1024;
  const worthy = frontiersOf(graph, demand.step).filter(({ flops }) => flops >= leastShare * whole);
  const narrow = worthy.at(-1);
  const fitting = worthy.find((frontier) => tableBytes(frontier, demand.all) <= budget) ?? narrow;
  if (fitting === undefined) return undefined;
  const tableRows = rowsWithin(fitting, demand, budget);
  if (tableRows === undefined) return undefined;
  const tables = fitting.crossings.map(({ table, space, tensor }) => ({
    name: table,
    rows: tableRows[space.name] ?? 0,
    width: tensor.width,
  }));
  return { frontier: fitting, tableRows, tables };
}

/** All rows if they fit, else the same share of every space; undefined when not even twice the largest need fits. */
function rowsWithin(frontier: Frontier, { all, largest }: FrontierDemand, budget: number): RowCounts | undefined {
  const rows: Record<string, number> = {};
  const share = Math.min(1, budget / Math.max(1, tableBytes(frontier, all)));
  for (const { space, tensor } of frontier.crossings) {
    const wanted = Math.max(1, Math.floor((all[space.name] ?? 0) * share));
    const bound = Math.min(wanted, Math.floor(mostTableBytes / 4 / tensor.width), rows[space.name] ?? Infinity);
    const least = Math.min(all[space.name] ?? 0, 2 * (largest[space.name] ?? 0));
    if (bound < least) return undefined;
    rows[space.name] = bound;
  }
  return rows;
}
