/** The WebGPU executor: static plans on the visitor's own GPU. */
import type { DeviceEvent, Executor, ExecutorInfo, ParameterShape, ParameterStore } from "../executor.ts";
import type { Graph } from "../graph/graph.ts";
import type { RowCounts } from "../graph/tensor.ts";
import { openDevice, type Device } from "./device.ts";
import { compileEvaluation, type WebGpuEvaluationPlan } from "./evaluationPlan.ts";
import { Memory } from "./memory.ts";
import { WebGpuParameters } from "./parameters.ts";
import { Pipelines } from "./pipelines.ts";
import type { ExecutorOptions, MatmulVariant, Runtime } from "./runtime.ts";
import { compileTraining, type WebGpuTrainingPlan } from "./trainingPlan.ts";

export { DeviceGoneError, WebGpuUnavailableError, type UnavailableCause } from "./errors.ts";
export type { ExecutorOptions, MatmulVariant } from "./runtime.ts";

const DEFAULT_SUBMIT_MILLISECONDS = 100;

export class WebGpuExecutor implements Executor {
  readonly #runtime: Runtime;

  constructor(device: Device, options: ExecutorOptions) {
    this.#runtime = {
      device,
      memory: new Memory(device.gpu),
      pipelines: new Pipelines(device.gpu),
      matmul: options.variants?.matmul ?? matmulVariantFor(device),
      poison: options.poison ?? false,
      submitMilliseconds: options.submitMilliseconds ?? DEFAULT_SUBMIT_MILLISECONDS,
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
    return new WebGpuParameters(this.#runtime, shapes, values);
  }

  compileTraining(graph: Graph, parameters: ParameterStore, capacities: RowCounts): Promise<WebGpuTrainingPlan> {
    return this.#compile(() => compileTraining(this.#runtime, graph, own(parameters), capacities));
  }

  compileEvaluation(graph: Graph, parameters: ParameterStore, capacities: RowCounts): Promise<WebGpuEvaluationPlan> {
    return this.#compile(() => compileEvaluation(this.#runtime, graph, own(parameters), capacities));
  }

  allocatedBytes(): number {
    return this.#runtime.memory.bytes;
  }

  onEvent(listener: (event: DeviceEvent) => void): () => void {
    return this.#runtime.device.onEvent(listener);
  }

  dispose(): void {
    this.#runtime.memory.close();
    this.#runtime.device.close();
  }

  async #compile<Plan>(compile: () => Promise<Plan>): Promise<Plan> {
    const { device } = this.#runtime;
    device.assertUsable();
    try {
      return await compile();
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
  return new WebGpuExecutor(await openDevice(gpu), options);
}

function matmulVariantFor({ gpu, info }: Device): MatmulVariant {
  if (!info.software) return "tiles";
  const { subgroupMinSize, subgroupMaxSize } = gpu.adapterInfo;
  const lanesOfFour = gpu.features.has("subgroups") && subgroupMinSize === 4 && subgroupMaxSize === 4;
  return lanesOfFour ? "subgroups" : "registers";
}

function own(parameters: ParameterStore): WebGpuParameters {
  if (parameters instanceof WebGpuParameters) return parameters;
  throw new Error("These parameters were made by another executor; create them with this one.");
}
