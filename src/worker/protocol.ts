/**
 * Every message between the page and the worker. A command carries a request number; its answer, if it has one, carries
 * the same number. Run events come unasked and carry the run's id.
 */
import type { BackendChoice, Experiment } from "../config/experiment.ts";
import type { Sweep } from "../config/sweep.ts";
import type { FinishedCell, SweepEvent } from "../experiments/sweep.ts";
import type { SweepCost } from "../experiments/sweepCost.ts";
import type { ModelDimensions } from "../models/dimensions.schema.ts";
import type { PlacedFile } from "../lib/droppedFiles.ts";
import type { ExampleInput } from "../lib/examples/example.ts";
import type { ModelAbilities } from "../models/abilities.schema.ts";
import type { WordShare } from "../tasks/task.ts";
import type { DataDescription } from "../training/describeData.ts";
import type { Adapter } from "../training/adapter.ts";
import type { RunEstimate } from "../training/estimate.ts";
import type { TrainedTensor, TrainingEvent } from "../training/events.ts";
import type { InspectedRun, InspectionEvent } from "../training/inspect/inspectRun.ts";
import type { SavingsEvent } from "../training/measureSavings.ts";
import type { MixedInput } from "../training/mixedPredict.ts";
import type { OpenedAdapter } from "../training/openAdapter.ts";
import type { ExampleSet } from "../training/prepareData.ts";
import type { SequencePreview, TokenPreview } from "../training/preview.ts";

/** Own examples of the page, all of one shape. */
export type Examples = ExampleSet;

export type { Checkpoint } from "../training/adapter.ts";
export type { ModelDimensions } from "../models/dimensions.schema.ts";
export type { Scores, WordShare } from "../tasks/task.ts";
export type * from "../training/events.ts";
export type { SavingName, SavingOutcome, SavingsEvent, StepFigure } from "../training/measureSavings.ts";
export type { AttentionMass, LayerAttention } from "../training/inspect/attentionMass.ts";
export type * from "../training/inspect/inspectRun.ts";
export type { KnockOutReport } from "../training/inspect/knockOut.ts";
export type { NearestWords, SlotWords, Spread, WordBaseline } from "../training/inspect/nearestWords.ts";
export type { LayerNorms } from "../training/inspect/promptNorms.ts";
export type { MixedInput } from "../training/mixedPredict.ts";
export type { OpenedAdapter } from "../training/openAdapter.ts";
export type * from "../training/runRecord.ts";
export type { FinishedCell } from "../experiments/sweep.ts";

export type DataSource =
  { readonly kind: "built-in"; readonly id: string } | { readonly kind: "own"; readonly examples: ExampleSet };

export type ModelSource =
  | { readonly kind: "built-in"; readonly id: string }
  | { readonly kind: "files"; readonly name: string; readonly files: readonly File[] };

export interface DeviceReport {
  readonly backend: string;
  readonly adapter: string;
  readonly software: boolean;
  readonly features: readonly string[];
  /** Why WebGPU is not used; absent when it is. */
  readonly fallback?: FallbackReason;
}

export type FallbackReason =
  | { readonly kind: "insecure-context" }
  | { readonly kind: "no-webgpu" }
  | { readonly kind: "no-adapter" }
  | { readonly kind: "device-refused"; readonly message: string }
  | { readonly kind: "chosen" };

export interface ModelReport extends ModelAbilities {
  readonly dimensions: ModelDimensions;
  readonly bytes: number;
  /** SHA-256 of the weights file, hex. */
  readonly hash: string;
  /** Tensors in the file that the studio does not use. */
  readonly unexpected: readonly string[];
}

export type DataReport = DataDescription;

/** One token as the model sees it. */
export type TokenView = TokenPreview;

/** An input or an example as the model reads it; an example also knows how many there are. */
export interface Preview extends SequencePreview {
  readonly examples?: number;
}

export interface Estimate extends RunEstimate {
  /** One seed's run at this device's measured speed; absent before anything ran on it. */
  readonly seconds?: number;
}

/** What a sweep costs, and this device's speed in floating-point operations per second once something ran on it. */
export interface SweepEstimate extends SweepCost {
  readonly flopsPerSecond?: number;
}

/** What a sweep tells besides its cells' runs, which tell their events as any run does, under `cellRunId`. */
export type SweepNews = Exclude<SweepEvent, { readonly kind: "cell-event" }>;

export interface LabelPrediction {
  readonly kind: "label";
  readonly label: string;
  /** By label, summing to 1. */
  readonly probabilities: Readonly<Record<string, number>>;
  /** The words that fit the mask best, where label words answer. */
  readonly words?: readonly WordShare[];
}

/** A word with its tag. Without a probability it was cut off and never looked at. */
export interface TaggedWord {
  readonly word: string;
  readonly tag: string;
  readonly probability: number | undefined;
}

export interface TagsPrediction {
  readonly kind: "tags";
  readonly words: readonly TaggedWord[];
}

export interface SpanPrediction {
  readonly kind: "span";
  readonly text: string;
  /** Characters of the context, end exclusive. */
  readonly start: number;
  readonly end: number;
  readonly probability: number;
}

/** What would come next. */
export interface WordsPrediction {
  readonly kind: "words";
  readonly words: readonly WordShare[];
}

export type Prediction = LabelPrediction | TagsPrediction | SpanPrediction | WordsPrediction;

/** What several adapters answered on one frozen copy. */
export interface MixedAnswers {
  /** In the order of the inputs. */
  readonly predictions: readonly Prediction[];
  /** Numbers of the adapters whose rows shared a batch. */
  readonly groups: readonly (readonly number[])[];
  /** Largest difference of any logit from the adapters' own runs, as a share of the largest or 1. */
  readonly difference?: number;
}

export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export type Command =
  /** `base` is the page's address: models and data lie in its folder, and it may say `?tuning=off`. */
  | { readonly kind: "open"; readonly backend: BackendChoice; readonly base: string }
  | { readonly kind: "load-model"; readonly source: ModelSource }
  | { readonly kind: "read-data"; readonly data: DataSource; readonly experiment: Experiment }
  | { readonly kind: "preview"; readonly input: ExampleInput; readonly experiment: Experiment }
  /** The example with this number among those trained on, counted from 0. */
  | {
      readonly kind: "preview-example";
      readonly index: number;
      readonly data: DataSource;
      readonly experiment: Experiment;
    }
  /** `others` are the experiment's further data sets, in their order. */
  | {
      readonly kind: "estimate";
      readonly experiment: Experiment;
      readonly data: DataSource;
      readonly others: readonly DataSource[];
    }
  | {
      readonly kind: "train";
      readonly runId: string;
      readonly experiment: Experiment;
      readonly data: DataSource;
      /** Of the experiment's further data sets, in their order. */
      readonly others?: readonly DataSource[];
      readonly paused: boolean;
      /** What the run goes on from. */
      readonly from?: AdapterState;
    }
  | { readonly kind: "pause" | "resume" | "step" | "stop"; readonly runId: string }
  /** `own` are the visitor's examples, for cells that use them. */
  | { readonly kind: "sweep-cost"; readonly sweep: Sweep; readonly own?: ExampleSet }
  /** Pause, resume and stop take the sweep's id for `runId`. */
  | {
      readonly kind: "sweep";
      readonly sweepId: string;
      readonly sweep: Sweep;
      readonly finished: readonly FinishedCell[];
      readonly own?: ExampleSet;
    }
  /** Answered when the measurement has ended or was cancelled; a run that starts cancels it. */
  | { readonly kind: "measure-savings"; readonly experiment: Experiment; readonly data: DataSource }
  | { readonly kind: "cancel-measurement" }
  /** Answered when it has ended or was cancelled; a run that starts cancels it. Without examples `data` says why. */
  | { readonly kind: "inspect"; readonly runId: string; readonly run: InspectedRun; readonly data: DataSource | string }
  | { readonly kind: "cancel-inspection" }
  | { readonly kind: "predict"; readonly adapter: AdapterState; readonly inputs: readonly ExampleInput[] }
  /** With `compare` each adapter answers again alone. */
  | {
      readonly kind: "predict-mixed";
      readonly adapters: readonly AdapterState[];
      readonly inputs: readonly MixedInput[];
      readonly compare: boolean;
    }
  /** `data` is what is open on the page to judge the adapter with, or why there is nothing. Not beside a run. */
  | { readonly kind: "open-adapter"; readonly files: readonly PlacedFile[]; readonly data: DataSource | string }
  /** `data` has rows to check the files with; the run's own where they are still here. */
  | { readonly kind: "export-adapter"; readonly adapter: AdapterState; readonly data: DataSource };

/**
 * Enough to answer with a run's prompt, whether it was trained just now or loaded from the browser's storage. Without
 * tensors the frozen model answers, or where the head is not its own the untrained start of the seed: for "before".
 */
export interface AdapterState extends Adapter {
  /** Of a run on several data sets: the head of the one to answer for, where that is not the head among the tensors. */
  readonly head?: readonly TrainedTensor[];
}

/** Answer to each command, by its kind. Commands without a line answer `null`. */
export interface Answers {
  readonly open: DeviceReport;
  readonly "load-model": ModelReport;
  readonly "read-data": DataReport;
  readonly preview: Preview;
  readonly "preview-example": Preview;
  readonly estimate: Estimate;
  readonly train: null;
  readonly pause: null;
  readonly resume: null;
  readonly step: null;
  readonly stop: null;
  readonly "sweep-cost": SweepEstimate;
  readonly sweep: null;
  readonly "measure-savings": null;
  readonly "cancel-measurement": null;
  readonly inspect: null;
  readonly "cancel-inspection": null;
  readonly predict: readonly Prediction[];
  readonly "predict-mixed": MixedAnswers;
  readonly "open-adapter": OpenedAdapter;
  readonly "export-adapter": readonly NamedFile[];
}

export type CommandKind = Command["kind"];
export type CommandOf<Kind extends CommandKind> = Extract<Command, { readonly kind: Kind }>;

export interface Request {
  readonly request: number;
  readonly command: Command;
}

/** Where a message belongs on the page. */
export type ProblemArea = "device" | "model" | "data" | "settings" | "training" | "export" | "adapter";

export interface Problem {
  readonly area: ProblemArea;
  readonly message: string;
}

export type WorkerMessage =
  | { readonly kind: "answer"; readonly request: number; readonly answer: Answers[CommandKind] }
  | { readonly kind: "refusal"; readonly request: number; readonly problem: Problem }
  | { readonly kind: "run-event"; readonly runId: string; readonly event: TrainingEvent }
  | { readonly kind: "run-failed"; readonly runId: string; readonly problem: Problem }
  | { readonly kind: "sweep-event"; readonly sweepId: string; readonly news: SweepNews }
  | { readonly kind: "sweep-failed"; readonly sweepId: string; readonly problem: Problem }
  | { readonly kind: "savings-event"; readonly event: SavingsEvent }
  | { readonly kind: "inspection-event"; readonly runId: string; readonly event: InspectionEvent }
  /** Examples that an adapter that is being opened has answered. */
  | { readonly kind: "opening-progress"; readonly done: number; readonly total: number }
  | { readonly kind: "model-progress"; readonly loaded: number; readonly total: number }
  | { readonly kind: "device-event"; readonly event: "lost" | "error"; readonly message: string };
