/**
 * Training steps: what is frozen is computed outside the gradient tape, the rest under TensorFlow.js' autodiff; the update
 * happens on the host. On wasm and cpu a step is complete when `step` returns; on webgpu steps queue up.
 */
import { keep, sum, tidy, valueAndGrads, type Tensor as Computed } from "@tensorflow/tfjs-core";
import type { PlanCosts, StepStatistics, StepTiming, StepValues, TrainingPlan, UpdateSettings } from "../executor.ts";
import { dependentTensors, trainedParameters, type Graph, type Objective } from "../graph/graph.ts";
import type { GraphNode } from "../graph/operations/index.ts";
import type { Parameter, RowCounts, Tensor } from "../graph/tensor.ts";
import { updateWithAdamW } from "./adamw.ts";
import { ForwardPass } from "./forwardPass.ts";
import { isHostBackend } from "./hostValues.ts";
import { nextTask } from "../../lib/nextTask.ts";
import { runNodes } from "./operations/index.ts";
import type { TfjsParameters } from "./parameters.ts";
import { readAll, readAllNow } from "./readAll.ts";
import { checkStepInputs } from "./stepInputs.ts";

interface PlanOptions {
  readonly capacities: RowCounts;
  readonly costs: PlanCosts;
  readonly activate: () => void;
}

export class TfjsTrainingPlan implements TrainingPlan {
  readonly costs: PlanCosts;
  readonly #graph: Graph;
  readonly #objective: Objective;
  readonly #parameters: TfjsParameters;
  readonly #options: PlanOptions;
  readonly #trained: readonly Parameter[];
  /** Tensors that depend on a trained parameter. */
  readonly #dependents: ReadonlySet<Tensor>;
  #statistics: StepStatistics[] = [];
  #gradients: readonly Float32Array[] = [];
  /** Steps that are still running, on webgpu. */
  #queue: Promise<void> = Promise.resolve();
  #timing = { dispatches: 0, submits: 0, encodeSeconds: 0, waitSeconds: 0, deviceSeconds: 0 };
  #disposed = false;

  /** @throws when the graph has no objective or trains a parameter that the store holds as frozen. */
  constructor(graph: Graph, parameters: TfjsParameters, options: PlanOptions) {
    if (graph.objective === undefined)
      throw new Error("A graph without an objective cannot be trained. Call builder.objective.");
    this.costs = options.costs;
    this.#graph = graph;
    this.#objective = graph.objective;
    this.#parameters = parameters;
    this.#options = options;
    this.#trained = trainedParameters(graph)
      .flatMap(({ parameter }) => (parameter === undefined ? [] : [parameter]))
      .filter(({ name }) => graph.gradients.has(name));
    parameters.check(graph);
    this.#dependents = dependentTensors(graph.nodes.slice(0, graph.forwardNodes));
  }

  /** Micro-batches need no preparation here: their gradients are added on the host, where the update happens. */
  step(inputs: StepValues | readonly StepValues[], update: UpdateSettings): void {
    if (this.#disposed) throw new Error("This training plan was disposed.");
    const batches = "counts" in inputs ? [inputs] : inputs;
    for (const batch of batches) checkStepInputs(this.#graph, batch, this.#options.capacities);
    this.#options.activate();
    this.#timing.dispatches += batches.length * this.costs.dispatches;
    if (isHostBackend()) {
      const started = performance.now();
      this.#finish(sumOver(batches.map((batch) => readAllNow(this.#launch(batch)))), update);
      this.#timing.deviceSeconds += (performance.now() - started) / 1000;
      return;
    }
    const copies = structuredClone(batches);
    this.#queue = this.#queue.then(async () => {
      const started = performance.now();
      const results: Float32Array[][] = [];
      for (const copy of copies) {
        this.#options.activate();
        results.push(await readAll(this.#launch(copy)));
      }
      this.#finish(sumOver(results), update);
      this.#timing.deviceSeconds += (performance.now() - started) / 1000;
    });
    // A failure is thrown by whoever waits for the queue next; without this it would end the process first.
    this.#queue.catch(() => undefined);
  }

  async pace(): Promise<void> {
    await this.#wait();
    await nextTask();
  }

  async statistics(): Promise<StepStatistics[]> {
    await this.#wait();
    const made = this.#statistics;
    this.#statistics = [];
    return made;
  }

  async readGradients(): Promise<Map<string, Float32Array>> {
    await this.#queue;
    return new Map(this.#gradients.map((gradient, place) => [this.#trained[place]?.name ?? "", gradient.slice()]));
  }

  timing(): StepTiming {
    return { ...this.#timing };
  }

  async #wait(): Promise<void> {
    const started = performance.now();
    try {
      await this.#queue;
    } finally {
      this.#timing.waitSeconds += (performance.now() - started) / 1000;
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.#gradients = [];
  }

  /** Total loss, total hits and the gradient of each trained parameter. */
  #launch(inputs: StepValues): Computed[] {
    const { loss, correct } = this.#objective;
    const forward = this.#graph.nodes.slice(0, this.#graph.forwardNodes);
    const isTrained = (node: GraphNode): boolean => node.outputs.some((output) => this.#dependents.has(output));
    const pass = new ForwardPass(this.#parameters, inputs, this.#dependents);
    return tidy(() => {
      runNodes(
        forward.filter((node) => !isTrained(node)),
        pass,
      );
      const hits: Computed[] = [];
      const differentiate = valueAndGrads(() => {
        runNodes(forward.filter(isTrained), pass);
        hits.push(keep(sum(pass.tensor(correct))));
        return sum(pass.tensor(loss));
      });
      const { value, grads } = differentiate(this.#trained.map((parameter) => this.#parameters.tensor(parameter)));
      return [value, ...hits, ...grads];
    });
  }

  #finish(values: readonly Float32Array[], update: UpdateSettings): void {
    const [loss, correct, ...gradients] = values;
    this.#gradients = gradients;
    const parameters = this.#trained.map((parameter, place) => ({
      group: parameter.group ?? "",
      arrays: this.#parameters.trainedArrays(parameter),
      gradient: gradients[place] ?? new Float32Array(),
    }));
    const outcome = updateWithAdamW(parameters, update, this.#parameters.updates + 1);
    this.#parameters.updates++;
    if (!outcome.skipped) this.#parameters.refresh();
    this.#statistics.push({ loss: loss?.[0] ?? Number.NaN, correct: correct?.[0] ?? Number.NaN, ...outcome });
  }
}

/** Sums the micro-batches' results in their order. */
function sumOver([first = [], ...rest]: readonly Float32Array[][]): Float32Array[] {
  for (const results of rest) {
    for (const [place, values] of results.entries()) {
      const sum = first[place];
      if (sum === undefined) throw new Error("Every micro-batch gives the same results.");
      for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (values[i] ?? 0);
    }
  }
  return first;
}
