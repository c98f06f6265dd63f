/** What a training run tells while it runs. The generator in `train.ts` yields these; worker, page and command line read them. */
import type { HeldMemory, StepTiming } from "../engine/executor.ts";
import type { Scores } from "../tasks/task.ts";
import type { Checkpoint } from "./adapter.ts";
import type { CacheReport } from "./frontierCache.ts";

export interface StepPoint {
  readonly step: number;
  /** Mean loss over the step's labels, nats. */
  readonly loss: number;
  /** Share of the step's labels predicted correctly. */
  readonly accuracy: number;
  readonly gradientNorm: number;
  readonly learningRate: number;
  /** The update was skipped because a gradient was not finite. */
  readonly skipped: boolean;
}

/** The task's scores at a step. */
export interface Evaluation extends Scores {
  readonly step: number;
  /** Scores on the further data sets of a run on several, in their order. */
  readonly others?: readonly Scores[];
}

/** What is known of a further data set before the first step. */
export interface OtherFacts {
  readonly name: string;
  readonly labels: readonly string[];
  readonly trainExamples: number;
  readonly evaluationExamples: number;
  readonly scoreName: string;
  readonly baseline: string;
  readonly majorityAccuracy: number;
}

/** Facts fixed before the first step of a seed. */
export interface RunFacts {
  readonly seed: number;
  readonly steps: number;
  /** In the order of the logits. */
  readonly labels: readonly string[];
  readonly trainExamples: number;
  readonly evaluationExamples: number;
  /** What the evaluations' `accuracy` is called in this task: accuracy, F1, … */
  readonly scoreName: string;
  /** How one does without learning, e.g. "most frequent label", and the score of that. */
  readonly baseline: string;
  readonly majorityAccuracy: number;
  readonly trained: { readonly prompt: number; readonly head: number; readonly model: number };
  /** Texts cut to fit. */
  readonly truncated: number;
  readonly backend: string;
  readonly adapter: string;
  /** The further data sets of a run on several, whose heads are counted in `trained`. */
  readonly others?: readonly OtherFacts[];
}

export interface SlotMovement {
  readonly step: number;
  /** Root-mean-square distance of each slot from its start: one array of P per prompted layer, bottom first. */
  readonly layers: readonly (readonly number[])[];
  /** Norm of the last gradient per prompted layer. */
  readonly gradientNorms: readonly number[];
}

/** How a seed's steps run on the device, all since its session was opened; evaluations and pauses are left out. */
export interface RunPerformance {
  readonly steps: number;
  /** Tokens of the examples in these steps, prompts not counted. */
  readonly tokens: number;
  /** Wall time of these steps. */
  readonly seconds: number;
  readonly timing: StepTiming;
  /** Bytes of device memory; together they are all that the executor holds. */
  readonly memory: HeldMemory & { readonly cache: number };
  /** Absent where nothing is kept. */
  readonly cache?: CacheReport;
  /** The kernel of each class of matrix products, by the class. */
  readonly products: Readonly<Record<string, string>>;
}

export interface SeedResult {
  readonly seed: number;
  readonly best: Evaluation;
  readonly last: Evaluation;
  readonly seconds: number;
  /** The best evaluation of the shared steps, where the run then went on with one data set. */
  readonly shared?: Evaluation;
}

export type AdviceKind = "diverged" | "not-learning" | "recovered" | "smaller-batch";

export type TrainingEvent =
  | { readonly kind: "seed-started"; readonly seedIndex: number; readonly facts: RunFacts }
  | {
      readonly kind: "steps";
      readonly seedIndex: number;
      readonly points: readonly StepPoint[];
      readonly seconds: number;
    }
  | {
      readonly kind: "evaluated";
      readonly seedIndex: number;
      readonly evaluation: Evaluation;
      /** Best so far; its trained tensors are kept. */
      readonly best: boolean;
    }
  /** After each evaluation, when the run keeps what its frozen layers computed. */
  | { readonly kind: "cache"; readonly seedIndex: number; readonly step: number; readonly cache: CacheReport }
  /** After each report of steps. */
  | { readonly kind: "performance"; readonly seedIndex: number; readonly performance: RunPerformance }
  | { readonly kind: "moved"; readonly seedIndex: number; readonly movement: SlotMovement }
  | {
      readonly kind: "advice";
      readonly seedIndex: number;
      readonly advice: AdviceKind;
      readonly step: number;
      readonly message: string;
    }
  | { readonly kind: "paused" | "resumed"; readonly seedIndex: number; readonly step: number }
  | { readonly kind: "seed-finished"; readonly seedIndex: number; readonly result: SeedResult }
  | { readonly kind: "finished"; readonly outcome: RunOutcome; readonly record: RunResult };

export type RunOutcome = "finished" | "stopped" | "diverged";

/** A trained tensor, row-major. */
export interface TrainedTensor {
  readonly name: string;
  readonly rows: number;
  readonly width: number;
  readonly values: Float32Array;
}

/** What remains of a run besides its curves. */
export interface RunResult {
  readonly facts: RunFacts;
  readonly seeds: readonly SeedResult[];
  /** Best checkpoint of the best seed: prompt (or its network), head, or all weights. */
  readonly tensors: readonly TrainedTensor[];
  /** How far the virtual tokens of these tensors have moved from their start; absent where there are none. */
  readonly movement?: SlotMovement;
  /** Heads of the further data sets beside that prompt, named as if alone; absent when the run went on with one. */
  readonly otherHeads?: readonly (readonly TrainedTensor[])[];
  readonly seconds: number;
  readonly stepsPerSecond: number;
  /** Where the best seed stopped, to go on from; absent when nothing was trained or the run diverged. */
  readonly checkpoint?: Checkpoint;
}
