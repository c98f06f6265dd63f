/** What a training run tells while it runs. The generator in `train.ts` yields these; worker, page and command line read them. */

export interface StepPoint {
  readonly step: number;
  /** Mean loss over the step's labels, nats. */
  readonly loss: number;
  /** Share of the batch predicted correctly. */
  readonly accuracy: number;
  readonly gradientNorm: number;
  readonly learningRate: number;
  /** The update was skipped because a gradient was not finite. */
  readonly skipped: boolean;
}

export interface Evaluation {
  readonly step: number;
  readonly accuracy: number;
  /** 95 % Wilson interval of the accuracy. */
  readonly interval: readonly [number, number];
  readonly macroF1: number;
  readonly loss: number;
  readonly examples: number;
}

/** Facts fixed before the first step of a seed. */
export interface RunFacts {
  readonly seed: number;
  readonly steps: number;
  /** In the order of the logits. */
  readonly labels: readonly string[];
  readonly trainExamples: number;
  readonly evaluationExamples: number;
  /** Accuracy of always answering the most frequent evaluation label. */
  readonly majorityAccuracy: number;
  readonly trained: { readonly prompt: number; readonly head: number; readonly model: number };
  /** Texts cut to fit. */
  readonly truncated: number;
  readonly backend: string;
  readonly adapter: string;
}

export interface SlotMovement {
  readonly step: number;
  /** Root-mean-square distance of each slot from its start: one array of P per prompted layer, bottom first. */
  readonly layers: readonly (readonly number[])[];
  /** Norm of the last gradient per prompted layer. */
  readonly gradientNorms: readonly number[];
}

export interface SeedResult {
  readonly seed: number;
  readonly best: Evaluation;
  readonly last: Evaluation;
  readonly seconds: number;
}

export type AdviceKind = "diverged" | "not-learning" | "recovered";

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
  readonly seconds: number;
  readonly stepsPerSecond: number;
}
