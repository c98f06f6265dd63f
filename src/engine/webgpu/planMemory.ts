/**
 * How much device memory parameters and plans would take, found by laying them out as compiling does, without making
 * anything. Close rather than exact: gradients that compiling copies to their place are counted as written there at once.
 */
import type { PlannedMemory, PlannedGraph } from "../executor.ts";
import { pruneNodes } from "../graph/graph.ts";
import type { GraphNode } from "../graph/operations/index.ts";
import { countRows, type Tensor } from "../graph/tensor.ts";
import { layoutArena } from "./arena.ts";
import { loweringContext } from "./compile.ts";
import { ALIGNMENT, alignUp } from "./constants.ts";
import { fuse } from "./fuse.ts";
import { lowerStep } from "./operations/index.ts";
import { optimizerBytes } from "./optimizer.ts";
import { fitsHalf, partsByName, splitByParts } from "./placement.ts";
import type { Runtime } from "./runtime.ts";

/** Views of parameters and of their gradients, which take no memory of their own. */
const VIEWS: ReadonlySet<GraphNode["op"]> = new Set(["stack", "unstack"]);

/** Bytes of one run's parameters and plans. */
export function plannedBytes(runtime: Runtime, { shapes, graphs }: PlannedMemory): number {
  const aligned = shapes.map((shape) => {
    const { rows, width, group } = shape;
    return { bytes: alignUp((fitsHalf(shape) ? 2 : 4) * rows * width, ALIGNMENT), group };
  });
  // A trained number is kept four times: value, gradient and two moments.
  const parameters = aligned.reduce((sum, { bytes, group }) => sum + (group === undefined ? 1 : 4) * bytes, 0);
  const trained = aligned.reduce((sum, { bytes, group }) => sum + (group === undefined ? 0 : bytes), 0);
  const parts = partsByName(shapes, fitsHalf, runtime.device.bindingBytes);
  const split = (planned: PlannedGraph): PlannedGraph => ({ ...planned, graph: splitByParts(planned.graph, parts) });
  return parameters + graphs.reduce((sum, planned) => sum + planBytes(runtime, split(planned), trained), 0);
}

function planBytes(runtime: Runtime, planned: PlannedGraph, trainedBytes: number): number {
  const { graph, capacities, accumulate } = planned;
  const { objective } = graph;
  const isTraining = accumulate !== undefined && objective !== undefined;
  const gradients = isTraining ? [...graph.gradients.values()] : [];
  const kept = isTraining ? [objective.loss, objective.correct] : [...graph.outputs.values()];
  const nodes = pruneNodes(graph.nodes, [...kept, ...gradients, ...(isTraining ? graph.discarded : [])]);
  const computed = nodes.filter(({ op }) => !VIEWS.has(op));
  const steps = fuse(computed, new Set([...kept, ...gradients]), runtime.fusions);
  const context = loweringContext(runtime, { capacities, parameters: { isHalf: () => false } }, new Map());
  const dispatches = steps.flatMap((step) => lowerStep(step, context));
  const placed = new Set([...gradients, ...viewedTensors(nodes)]);
  const { colours } = layoutArena({
    dispatches,
    capacities,
    kept: new Set(kept),
    external: (tensor) => tensor.parameter !== undefined || placed.has(tensor),
    maxColourBytes: runtime.device.gpu.limits.maxBufferSize,
  });
  const inputs = graph.inputs.map(({ rows }) => alignUp(4 * (countRows(rows, capacities) + 1), ALIGNMENT));
  const step = dispatches.length * ALIGNMENT + sum(inputs);
  return sum(colours) + step + (isTraining ? optimizerBytes(trainedBytes, accumulate) : 0);
}

/** Stacks of parameters, and the gradients that are cut back into their parts. */
function viewedTensors(nodes: readonly GraphNode[]): Tensor[] {
  return nodes.flatMap((node) => {
    if (node.op === "stack") return [...node.outputs];
    return node.op === "unstack" ? [node.inputs.x] : [];
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
