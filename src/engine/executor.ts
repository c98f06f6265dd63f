/**
 * What an executor offers: it holds parameters, compiles a graph into a plan and runs it. `engine/webgpu` and
 * `engine/tfjs` both implement this page; training sees nothing else of them.
 */
import type { Graph } from "./graph/graph.ts";
import type { RowCounts } from "./graph/tensor.ts";

export type BackendName = "webgpu" | "tfjs-webgpu" | "wasm" | "cpu";

export interface ExecutorInfo {
  readonly backend: BackendName;
  /** Vendor and architecture as the browser tells them, e.g. `apple metal-3`; `CPU` without a GPU. */
  readonly adapter: string;
  readonly software: boolean;
  readonly features: readonly string[];
}

/** Values of the step inputs by name; lengths follow from the row counts. */
export interface StepValues {
  readonly counts: RowCounts;
  readonly indices: Readonly<Record<string, Int32Array>>;
  readonly values: Readonly<Record<string, Float32Array>>;
}

/** How trained parameters move in one step (AdamW, Loshchilov & Hutter 2019, as in torch.optim.AdamW). */
export interface UpdateSettings {
  /** Already scheduled for this step. */
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Largest global gradient norm; 0 leaves gradients as they are. */
  readonly clipNorm: number;
  readonly groups: Readonly<Record<string, GroupSettings>>;
}

/** An inactive group is skipped, moments included. */
export interface GroupSettings {
  readonly learningRateScale: number;
  readonly weightDecay: number;
  readonly active: boolean;
  /** Number of this group's own update from 1, for its bias correction, where it is not part of every step. */
  readonly update?: number;
}

/** What one training step left behind. */
export interface StepStatistics {
  /** Sum of the weighted row losses. */
  readonly loss: number;
  /** Rows predicted correctly. */
  readonly correct: number;
  /** Global norm of the gradient before clipping. */
  readonly gradientNorm: number;
  /** True when a gradient was not finite; the update was skipped. */
  readonly skipped: boolean;
}

/** Trained values and optimizer moments, enough to continue exactly. Moments are absent for an evaluation-only copy. */
export interface TrainedState {
  readonly values: ReadonlyMap<string, Float32Array>;
  readonly firstMoments: ReadonlyMap<string, Float32Array>;
  readonly secondMoments: ReadonlyMap<string, Float32Array>;
  /** Updates made so far, for the bias correction. */
  readonly updates: number;
}

export interface ParameterShape {
  readonly name: string;
  readonly rows: number;
  readonly width: number;
  /** Optimizer group of a trained parameter; absent when frozen. */
  readonly group?: string;
  /** Neighbouring parameters with one name here are laid out end to end where they can be. */
  readonly stack?: string;
  /** A frozen matrix that an executor may store in half precision (`markHalves`). WebGPU does, TensorFlow.js does not. */
  readonly half?: boolean;
}

/** Weights on the device, shared by all plans that are compiled with them. */
export interface ParameterStore {
  readonly shapes: readonly ParameterShape[];
  /** Current trained values by name, row-major. */
  readTrained(): Promise<Map<string, Float32Array>>;
  readState(): Promise<TrainedState>;
  /** Overwrites trained values and, when given, moments. Names and lengths must match. */
  writeState(state: Pick<TrainedState, "values"> & Partial<TrainedState>): void;
  /** Overwrites some rows of a frozen matrix, row-major, before the next step; for tables that are filled as a run goes. */
  writeRows(name: string, firstRow: number, values: Float32Array): void;
  dispose(): void;
}

/** @throws when values are no whole rows of the matrix from `firstRow` on. */
export function checkRows({ name, rows, width }: ParameterShape, firstRow: number, values: Float32Array): void {
  const count = values.length / width;
  if (Number.isInteger(count) && firstRow >= 0 && firstRow + count <= rows) return;
  throw new Error(`"${name}" has ${rows} rows of ${width}; ${values.length} values from row ${firstRow} do not fit.`);
}

export interface TrainingPlan {
  /**
   * Enqueues one step and returns at once. Updates are counted from the store's `updates`. Several inputs are micro-batches
   * of one step: their gradients are summed before the update, and the step's statistics cover them all.
   * @throws when there are several but the plan was not compiled to accumulate
   */
  step(inputs: StepValues | readonly StepValues[], update: UpdateSettings): void;
  /** Resolves when at most `inFlight` steps are unfinished on the device. */
  pace(inFlight: number): Promise<void>;
  /** Statistics of all steps since the last call, in order; waits for the device. */
  statistics(): Promise<StepStatistics[]>;
  /** Gradients of the last step by parameter name, unclipped, for tests and inspection. */
  readGradients(): Promise<Map<string, Float32Array>>;
  /** What the steps so far have taken. */
  timing(): StepTiming;
  readonly costs: PlanCosts;
  dispose(): void;
}

export interface EvaluationPlan {
  /** Runs the graph and reads its outputs by name, row-major, as many rows as the counts say. */
  run(inputs: StepValues): Promise<Map<string, Float32Array>>;
  readonly costs: PlanCosts;
  dispose(): void;
}

/** What a plan takes, counted when it was compiled. */
export interface PlanCosts {
  readonly dispatches: number;
  readonly activationBytes: number;
  /** The kernel of the matrix products of each class, e.g. `NT 1024x1024x256`, where the executor has several. */
  readonly products?: Readonly<Record<string, string>>;
}

/** Totals over a plan's steps. The host's time splits into encoding, waiting and whatever its caller does; the device works beside it. */
export interface StepTiming {
  readonly dispatches: number;
  /** Command buffers given to the device; 0 where the executor does not see them. */
  readonly submits: number;
  /** Host time to pack the step's inputs and hand its commands to the device. */
  readonly encodeSeconds: number;
  /** Host time spent waiting for the device. */
  readonly waitSeconds: number;
  /** Time in which the device had a step to compute, from submission until its end was heard of. */
  readonly deviceSeconds: number;
}

export type MemoryPurpose = "weights" | "trained" | "activations" | "other";

/** Bytes of device memory held for frozen weights, for trained numbers with gradients and moments, for intermediate tensors, and for the rest. */
export type HeldMemory = Readonly<Record<MemoryPurpose, number>>;

export interface TrainingPlanOptions {
  /** Allows several micro-batches per step, for one more buffer as large as the gradients. */
  readonly accumulate?: boolean;
}

/** Something went wrong on the device outside any call. */
export type DeviceEvent =
  | { readonly kind: "lost"; readonly reason: string; readonly message: string }
  | { readonly kind: "error"; readonly message: string };

/** Thrown by plans and stores once their device is lost; everything on it is gone and a new executor is needed. */
export class DeviceLostError extends Error {
  override readonly name = "DeviceLostError";
}

/** The device has no room for what was asked; a smaller batch may fit. Whatever was made for it is freed again. */
export class OutOfDeviceMemoryError extends Error {
  override readonly name = "OutOfDeviceMemoryError";
}

/** One plan of a run before it is compiled. */
export interface PlannedGraph {
  readonly graph: Graph;
  readonly capacities: RowCounts;
  /** Present for a training plan, with whether it takes several micro-batches. */
  readonly accumulate?: boolean;
}

/** Everything of a run that will be on the device. */
export interface PlannedMemory {
  readonly shapes: readonly ParameterShape[];
  readonly graphs: readonly PlannedGraph[];
}

export interface Executor {
  readonly info: ExecutorInfo;
  /** Uploads weights. Frozen values never change again. Throws, naming it, when a value is missing or has a wrong length. */
  createParameters(shapes: readonly ParameterShape[], values: ReadonlyMap<string, Float32Array>): ParameterStore;
  /**
   * Compiles a graph with an objective. `capacities` bounds the rows of every row space, in each micro-batch.
   * @throws OutOfDeviceMemoryError when the device has no room for it
   */
  compileTraining(
    graph: Graph,
    parameters: ParameterStore,
    capacities: RowCounts,
    options?: TrainingPlanOptions,
  ): Promise<TrainingPlan>;
  /** Compiles the forward pass of a graph's outputs. */
  compileEvaluation(graph: Graph, parameters: ParameterStore, capacities: RowCounts): Promise<EvaluationPlan>;
  /** Bytes of device memory that a run would take, from its shapes; nothing is made. */
  plannedBytes(memory: PlannedMemory): number;
  /** Bytes of device memory now held by this executor; 0 after everything was disposed. */
  allocatedBytes(): number;
  /** The same bytes by purpose. Tables of a cache are frozen weights here; moments kept on the host are not counted. */
  heldMemory(): HeldMemory;
  /** Calls back on device loss and on errors nobody awaited. Returns the unsubscribe function. */
  onEvent(listener: (event: DeviceEvent) => void): () => void;
  dispose(): void;
}
