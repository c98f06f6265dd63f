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
}

/** Weights on the device, shared by all plans that are compiled with them. */
export interface ParameterStore {
  readonly shapes: readonly ParameterShape[];
  /** Current trained values by name, row-major. */
  readTrained(): Promise<Map<string, Float32Array>>;
  readState(): Promise<TrainedState>;
  /** Overwrites trained values and, when given, moments. Names and lengths must match. */
  writeState(state: Pick<TrainedState, "values"> & Partial<TrainedState>): void;
  dispose(): void;
}

export interface TrainingPlan {
  /** Enqueues one step and returns at once. Updates are counted from the store's `updates`. */
  step(inputs: StepValues, update: UpdateSettings): void;
  /** Resolves when at most `inFlight` steps are unfinished on the device. */
  pace(inFlight: number): Promise<void>;
  /** Statistics of all steps since the last call, in order; waits for the device. */
  statistics(): Promise<StepStatistics[]>;
  /** Gradients of the last step by parameter name, unclipped, for tests and inspection. */
  readGradients(): Promise<Map<string, Float32Array>>;
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
}

/** Something went wrong on the device outside any call. */
export type DeviceEvent =
  | { readonly kind: "lost"; readonly reason: string; readonly message: string }
  | { readonly kind: "error"; readonly message: string };

/** Thrown by plans and stores once their device is lost; everything on it is gone and a new executor is needed. */
export class DeviceLostError extends Error {
  override readonly name = "DeviceLostError";
}

export interface Executor {
  readonly info: ExecutorInfo;
  /** Uploads weights. Frozen values never change again. Throws, naming it, when a value is missing or has a wrong length. */
  createParameters(shapes: readonly ParameterShape[], values: ReadonlyMap<string, Float32Array>): ParameterStore;
  /** Compiles a graph with an objective. `capacities` bounds the rows of every row space. */
  compileTraining(graph: Graph, parameters: ParameterStore, capacities: RowCounts): Promise<TrainingPlan>;
  /** Compiles the forward pass of a graph's outputs. */
  compileEvaluation(graph: Graph, parameters: ParameterStore, capacities: RowCounts): Promise<EvaluationPlan>;
  /** Bytes of device memory now held by this executor; 0 after everything was disposed. */
  allocatedBytes(): number;
  /** Calls back on device loss and on errors nobody awaited. Returns the unsubscribe function. */
  onEvent(listener: (event: DeviceEvent) => void): () => void;
  dispose(): void;
}
