/**
 * The TensorFlow.js executor: interprets the forward nodes of a graph and leaves differentiation to TensorFlow.js. It serves
 * where WebGPU is missing and is what the WebGPU executor is tested against. This folder alone imports TensorFlow.js; import
 * it dynamically.
 */
import type {
  DeviceEvent,
  EvaluationPlan,
  Executor,
  ExecutorInfo,
  HeldMemory,
  ParameterShape,
  ParameterStore,
  PlanCosts,
  PlannedMemory,
  TrainingPlan,
} from "../executor.ts";
import { graphCosts } from "../graph/costs.ts";
import type { Graph } from "../graph/graph.ts";
import type { RowCounts } from "../graph/tensor.ts";
import { activate, startBackend, type StartedBackend, type TfjsBackend, type TfjsOptions } from "./backend.ts";
import { TfjsEvaluationPlan } from "./evaluationPlan.ts";
import { Ledger } from "./ledger.ts";
import { TfjsParameters } from "./parameters.ts";
import { TfjsTrainingPlan } from "./trainingPlan.ts";

export type { TfjsBackend, TfjsOptions } from "./backend.ts";

/** Starts a backend of TensorFlow.js. Throws when it cannot start, e.g. because the wasm files are not found. */
export async function createTfjsExecutor(backend: TfjsBackend, options: TfjsOptions = {}): Promise<Executor> {
  return new TfjsExecutor(backend, await startBackend(backend, options));
}

class TfjsExecutor implements Executor {
  readonly #name: TfjsBackend;
  readonly #backend: StartedBackend;
  readonly #ledger = new Ledger();
  readonly #stores = new Set<TfjsParameters>();
  readonly #activate = (): void => activate(this.#name);

  constructor(name: TfjsBackend, backend: StartedBackend) {
    this.#name = name;
    this.#backend = backend;
  }

  get info(): ExecutorInfo {
    return this.#backend.info;
  }

  createParameters(shapes: readonly ParameterShape[], values: ReadonlyMap<string, Float32Array>): ParameterStore {
    const store = new TfjsParameters(shapes, values, this.#ledger, this.#activate);
    this.#stores.add(store);
    return store;
  }

  async compileTraining(graph: Graph, parameters: ParameterStore, capacities: RowCounts): Promise<TrainingPlan> {
    return new TfjsTrainingPlan(graph, own(parameters), this.#planOptions(graph, capacities));
  }

  async compileEvaluation(graph: Graph, parameters: ParameterStore, capacities: RowCounts): Promise<EvaluationPlan> {
    return new TfjsEvaluationPlan(graph, own(parameters), this.#planOptions(graph, capacities));
  }

  /** The parameters once, as moments and gradients are on the host, and the peak of the largest graph. */
  plannedBytes({ shapes, graphs }: PlannedMemory): number {
    const held = shapes.reduce((sum, { rows, width }) => sum + 4 * rows * width, 0);
    const peaks = graphs.map(({ graph, capacities }) => graphCosts(graph, capacities).activationBytes);
    return held + Math.max(0, ...peaks);
  }

  allocatedBytes(): number {
    return this.#ledger.bytes;
  }

  /** Intermediate tensors come and go within a step, so none are held. */
  heldMemory(): HeldMemory {
    const { weights, trained } = this.#ledger;
    return { weights, trained, activations: 0, other: 0 };
  }

  onEvent(listener: (event: DeviceEvent) => void): () => void {
    return this.#backend.onEvent(listener);
  }

  dispose(): void {
    for (const store of this.#stores) store.dispose();
    this.#backend.close();
  }

  #planOptions(graph: Graph, capacities: RowCounts) {
    return { capacities, costs: estimateCosts(graph, capacities), activate: this.#activate };
  }
}

/** TensorFlow.js allocates as it goes, so these come from the shapes: one dispatch per node, and the estimated peak. */
function estimateCosts(graph: Graph, capacities: RowCounts): PlanCosts {
  return { dispatches: graph.nodes.length, activationBytes: graphCosts(graph, capacities).activationBytes };
}

function own(parameters: ParameterStore): TfjsParameters {
  if (parameters instanceof TfjsParameters) return parameters;
  throw new Error("These parameters belong to another executor. Create them with this executor's createParameters.");
}
