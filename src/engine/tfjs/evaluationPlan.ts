/** The forward pass of a graph's outputs, run once per call. */
import { clone, tidy } from "@tensorflow/tfjs-core";
import type { EvaluationPlan, PlanCosts, StepValues } from "../executor.ts";
import { pruneNodes, type Graph } from "../graph/graph.ts";
import type { GraphNode } from "../graph/operations/index.ts";
import type { RowCounts } from "../graph/tensor.ts";
import { ForwardPass } from "./forwardPass.ts";
import { runNodes } from "./operations/index.ts";
import type { TfjsParameters } from "./parameters.ts";
import { readAll } from "./readAll.ts";
import { checkStepInputs } from "./stepInputs.ts";

export class TfjsEvaluationPlan implements EvaluationPlan {
  readonly costs: PlanCosts;
  readonly #graph: Graph;
  readonly #nodes: readonly GraphNode[];
  readonly #parameters: TfjsParameters;
  readonly #capacities: RowCounts;
  readonly #activate: () => void;

  /** @throws when the store lacks a parameter of the graph. */
  constructor(
    graph: Graph,
    parameters: TfjsParameters,
    { capacities, costs, activate }: { capacities: RowCounts; costs: PlanCosts; activate: () => void },
  ) {
    parameters.check(graph);
    this.costs = costs;
    this.#graph = graph;
    this.#nodes = pruneNodes(graph.nodes.slice(0, graph.forwardNodes), [...graph.outputs.values()]);
    this.#parameters = parameters;
    this.#capacities = capacities;
    this.#activate = activate;
  }

  async run(inputs: StepValues): Promise<Map<string, Float32Array>> {
    checkStepInputs(this.#graph, inputs, this.#capacities);
    this.#activate();
    const pass = new ForwardPass(this.#parameters, inputs, new Set());
    const outputs = tidy(() => {
      runNodes(this.#nodes, pass);
      return [...this.#graph.outputs.values()].map((tensor) => clone(pass.tensor(tensor)));
    });
    const values = await readAll(outputs);
    const names = [...this.#graph.outputs.keys()];
    return new Map(values.map((value, place) => [names[place] ?? "", value]));
  }

  /** Nothing to free: a run leaves no tensor behind. */
  dispose(): void {}
}
