/** The WebGPU executor: static plans on the visitor's own GPU. */
import type {
  DeviceEvent,
  Executor,
  ExecutorInfo,
  HeldMemory,
  ParameterShape,
  ParameterStore,
  PlannedMemory,
  TrainingPlanOptions,
} from "../executor.ts";
import type { Graph } from "../graph/graph.ts";
import type { RowCounts } from "../graph/tensor.ts";
import { openDevice, type Device } from "./device.ts";
import { compileEvaluation, type WebGpuEvaluationPlan } from "./evaluationPlan.ts";
import { fusions } from "./fuse.ts";
import type { TrialRuntime } from "./matmul/measure.ts";
import { fixedPlanner, sizePlanner, softwarePlanner, softwareVariant, type MatmulPlanner } from "./matmul/planner.ts";
import { Tuner } from "./matmul/tuner.ts";
import { Memory } from "./memory.ts";
import { WebGpuParameters } from "./parameters.ts";
import { plannedBytes } from "./planMemory.ts";
import { Pipelines } from "./pipelines.ts";
import type { ExecutorOptions, Runtime } from "./runtime.ts";
import { compileTraining, type WebGpuTrainingPlan } from "./trainingPlan.ts";

export { DeviceGoneError, WebGpuUnavailableError, type UnavailableCause } from "./errors.ts";
export type { TuningCache } from "./matmul/tuner.ts";
export type { MatmulVariant } from "./matmul/variants.ts";
export type { ExecutorOptions } from "./runtime.ts";

const DEFAULT_SUBMIT_MILLISECONDS = 100;

export class WebGpuExecutor implements Executor {
  readonly #runtime: Runtime;

  constructor(device: Device, options: ExecutorOptions) {
    const shared = {
      device,
      memory: new Memory(device.gpu, options.memoryBytes),
      pipelines: new Pipelines(device.gpu),
    };
    this.#runtime = {
      ...shared,
      matmul: plannerFor(shared, options),
      attention: options.variants?.attention ?? (device.info.software ? "rows" : "tiles"),
      poison: options.poison ?? false,
      submitMilliseconds: options.submitMilliseconds ?? DEFAULT_SUBMIT_MILLISECONDS,
      fusions: options.fusions ?? fusions,
    };
  }

  get info(): ExecutorInfo {
    return this.#runtime.device.info;
  }

  /** The device itself, for libraries that share it. Do not destroy it; dispose the executor. */
  get device(): GPUDevice {
    return this.#runtime.device.gpu;
  }

  createParameters(shapes: readonly ParameterShape[], values: ReadonlyMap<string, Float32Array>): ParameterStore {
    this.#runtime.device.assertUsable();
    return this.#runtime.memory.together(() => new WebGpuParameters(this.#runtime, shapes, values));
  }

  compileTraining(
    graph: Graph,
    parameters: ParameterStore,
    capacities: RowCounts,
    options?: TrainingPlanOptions,
  ): Promise<WebGpuTrainingPlan> {
    return this.#compile(graph, parameters, capacities, (split, store) =>
      compileTraining(this.#runtime, split, store, capacities, options),
    );
  }

  compileEvaluation(graph: Graph, parameters: ParameterStore, capacities: RowCounts): Promise<WebGpuEvaluationPlan> {
    return this.#compile(graph, parameters, capacities, (split, store) =>
      compileEvaluation(this.#runtime, split, store, capacities),
    );
  }

  plannedBytes(memory: PlannedMemory): number {
    return plannedBytes(this.#runtime, memory);
  }

  allocatedBytes(): number {
    return this.#runtime.memory.bytes;
  }

  heldMemory(): HeldMemory {
    return this.#runtime.memory.held;
  }

  onEvent(listener: (event: DeviceEvent) => void): () => void {
    return this.#runtime.device.onEvent(listener);
  }

  dispose(): void {
    this.#runtime.memory.close();
    this.#runtime.device.close();
  }

  /** Prepares the graph for these parameters and this device, and compiles it. */
  async #compile<Plan>(
    graph: Graph,
    parameters: ParameterStore,
    capacities: RowCounts,
    compile: (graph: Graph, store: WebGpuParameters) => Promise<Plan>,
  ): Promise<Plan> {
    const { device, matmul } = this.#runtime;
    device.assertUsable();
    try {
      const store = own(parameters);
      const split = store.split(graph);
      await matmul.prepare?.(split.nodes, capacities);
      return await compile(split, store);
    } catch (error) {
      device.assertUsable();
      throw error;
    }
  }
}

/** Opens a device on the fastest adapter. @throws WebGpuUnavailableError, whose `cause.kind` says why there is none. */
export async function createWebGpuExecutor(
  gpu: GPU | undefined,
  options: ExecutorOptions = {},
): Promise<WebGpuExecutor> {
  return new WebGpuExecutor(await openDevice(gpu, options.bindingBytes), options);
}

function plannerFor(runtime: TrialRuntime, { variants = {}, tuning = {} }: ExecutorOptions): MatmulPlanner {
  const { gpu, info } = runtime.device;
  if (variants.matmul !== undefined) return fixedPlanner(variants.matmul, variants.matmulParts);
  if (tuning.enabled ?? !info.software) return new Tuner(runtime, tuning.cache);
  if (!info.software) return sizePlanner;
  return softwarePlanner(softwareVariant(gpu));
}

function own(parameters: ParameterStore): WebGpuParameters {
  if (parameters instanceof WebGpuParameters) return parameters;
  throw new Error("These parameters were made by another executor; create them with this one.");
}
