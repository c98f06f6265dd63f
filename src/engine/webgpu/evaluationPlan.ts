/** The forward pass of a graph's outputs as a program whose results are read back. */
import type { EvaluationPlan, PlanCosts, StepValues } from "../executor.ts";
import { pruneNodes, type Graph } from "../graph/graph.ts";
import { countRows, type RowCounts } from "../graph/tensor.ts";
import { compileGraph, type CompiledGraph } from "./compile.ts";
import { DeviceGoneError } from "./errors.ts";
import type { WebGpuParameters } from "./parameters.ts";
import { encodeRead, finishRead, type PendingRead } from "./readback.ts";
import type { Runtime } from "./runtime.ts";
import { Submitter } from "./submitter.ts";

export class WebGpuEvaluationPlan implements EvaluationPlan {
  readonly costs: PlanCosts;
  readonly #runtime: Runtime;
  readonly #graph: Graph;
  readonly #parameters: WebGpuParameters;
  readonly #compiled: CompiledGraph;
  readonly #submitter: Submitter;
  #disposed = false;

  constructor(runtime: Runtime, graph: Graph, parameters: WebGpuParameters, compiled: CompiledGraph) {
    this.#runtime = runtime;
    this.#graph = graph;
    this.#parameters = parameters;
    this.#compiled = compiled;
    this.#submitter = new Submitter(runtime, compiled.program, compiled.dispatches, "evaluation");
    this.costs = compiled.costs;
  }

  async run(inputs: StepValues): Promise<Map<string, Float32Array>> {
    this.#assertUsable();
    const { program, resolve, poison } = this.#compiled;
    program.pack(inputs);
    if (this.#runtime.poison) poison();
    const outputs = [...this.#graph.outputs];
    const ranges = outputs.map(([, tensor]) => ({
      ...resolve(tensor),
      size: countRows(tensor.rows, inputs.counts) * tensor.width * 4,
    }));
    const reads: PendingRead[] = [];
    this.#submitter.run((encoder) => reads.push(encodeRead(this.#runtime, encoder, ranges)));
    const values = (await Promise.all(reads.map((pending) => finishRead(this.#runtime, pending)))).flat();
    return new Map(outputs.map(([name], i) => [name, values[i] ?? new Float32Array(0)]));
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#compiled.dispose();
  }

  #assertUsable(): void {
    if (this.#disposed) throw new DeviceGoneError("This evaluation plan was disposed.");
    this.#parameters.assertUsable();
  }
}

/** Compiles what the outputs of a graph depend on. */
export async function compileEvaluation(
  runtime: Runtime,
  graph: Graph,
  parameters: WebGpuParameters,
  capacities: RowCounts,
): Promise<WebGpuEvaluationPlan> {
  const roots = [...graph.outputs.values()];
  if (roots.length === 0) throw new Error("Evaluation needs a graph with outputs; this one has none.");
  const compiled = await compileGraph(runtime, {
    label: "evaluation",
    nodes: pruneNodes(graph.nodes, roots),
    parameters,
    capacities,
    kept: new Set(roots),
    gradients: new Map(),
    tail: [],
    settingsWords: 0,
  });
  return new WebGpuEvaluationPlan(runtime, graph, parameters, compiled);
}
