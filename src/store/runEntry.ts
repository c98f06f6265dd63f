/**
 * A run as the page shows it: what it was asked to do, how far it is, what came out. Pure functions from events to the next
 * state; the points of its curves live in `curves.ts`, its trained tensors in `tensors.ts`.
 */
import type { Experiment } from "../config/experiment.ts";
import type {
  AdviceKind,
  Evaluation,
  RunFacts,
  RunOutcome,
  RunPerformance,
  RunRecord,
  RunResult,
  SeedResult,
  SlotMovement,
  TrainingEvent,
} from "../worker/protocol.ts";

export type RunStatus = "running" | "paused" | "failed" | RunOutcome;

export interface Advice {
  readonly advice: AdviceKind;
  readonly step: number;
  readonly message: string;
}

export interface RunEntry {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  /** Decides colour and line style. */
  readonly colour: number;
  readonly experiment: Experiment;
  readonly modelHash: string;
  readonly dataHash: string;
  readonly environment: string;
  /** Shipped with the studio instead of made here. */
  readonly example: boolean;
  /** From an adapter's files instead of trained here. */
  readonly opened: boolean;
  readonly status: RunStatus;
  readonly facts?: RunFacts;
  /** Which seed is running and its last finished step. */
  readonly seedIndex: number;
  readonly step: number;
  readonly lastEvaluation?: Evaluation;
  readonly bestEvaluation?: Evaluation;
  readonly seeds: readonly SeedResult[];
  /** Of a run on several data sets: the heads of the further ones. */
  readonly otherHeads?: RunResult["otherHeads"];
  readonly seconds?: number;
  readonly stepsPerSecond?: number;
  /** Of the seed that ran last; absent for runs of earlier visits. */
  readonly performance?: RunPerformance;
  readonly movement?: SlotMovement;
  /** Largest movement of any slot so far: the scale of the picture. */
  readonly furthestMove: number;
  readonly advice: readonly Advice[];
  readonly problem?: string;
}

export type NewRun = Pick<
  RunEntry,
  "id" | "name" | "createdAt" | "colour" | "experiment" | "modelHash" | "dataHash" | "environment"
>;

export function newEntry(run: NewRun): RunEntry {
  const start = {
    example: false,
    opened: false,
    status: "running",
    seedIndex: 0,
    step: 0,
    seeds: [],
    furthestMove: 0,
    advice: [],
  } as const;
  return { ...run, ...start };
}

/** The entry of a run that was kept in the browser or shipped with the studio. */
export function entryOfRecord(record: RunRecord, colour: number): RunEntry {
  const { result, id, name, createdAt, experiment, modelHash, dataHash, environment, outcome } = record;
  const entry = newEntry({ id, name, createdAt, colour, experiment, modelHash, dataHash, environment });
  return moved(
    {
      ...entry,
      example: record.example ?? false,
      opened: record.opened ?? false,
      status: outcome,
      facts: result.facts,
      step: record.curves.at(-1)?.steps.at(-1)?.step ?? 0,
      seedIndex: Math.max(0, result.seeds.length - 1),
      seeds: result.seeds,
      ...withHeads(result),
      // How long an opened adapter was trained, nobody knows.
      ...(record.opened === true ? {} : { seconds: result.seconds, stepsPerSecond: result.stepsPerSecond }),
    },
    result.movement,
  );
}

export function isLive({ status }: RunEntry): boolean {
  return status === "running" || status === "paused";
}

/** Whether the run has examples of its own; an adapter may be opened without any that it can answer. */
export function hasExamples({ opened, dataHash }: Pick<RunEntry, "opened" | "dataHash">): boolean {
  return !opened || dataHash !== "";
}

/** The entry after one event of its run. */
export function applyEvent(entry: RunEntry, event: TrainingEvent): RunEntry {
  switch (event.kind) {
    case "seed-started":
      return startedSeed(entry, event.seedIndex, event.facts);
    case "steps":
      return { ...entry, step: event.points.at(-1)?.step ?? entry.step };
    case "evaluated":
      return evaluated(entry, event.evaluation, event.best);
    case "moved":
      return moved(entry, event.movement);
    case "advice":
      return {
        ...entry,
        advice: [...entry.advice, { advice: event.advice, step: event.step, message: event.message }],
      };
    case "paused":
      return { ...entry, status: "paused", step: event.step };
    case "resumed":
      return { ...entry, status: "running" };
    case "cache":
      return entry;
    case "performance":
      return { ...entry, performance: event.performance };
    case "seed-finished":
      return { ...entry, seeds: [...entry.seeds, event.result] };
    case "finished": {
      const { facts, seeds, seconds, stepsPerSecond, movement } = event.record;
      const heads = withHeads(event.record);
      const ended = { ...entry, status: event.outcome, facts, seeds, seconds, stepsPerSecond, ...heads };
      // From here on the picture shows the kept tensors, on their own scale, as it will after a reload.
      return movement === undefined ? ended : moved({ ...ended, furthestMove: 0 }, movement);
    }
    default:
      return event satisfies never;
  }
}

function startedSeed(entry: RunEntry, seedIndex: number, facts: RunFacts): RunEntry {
  const { bestEvaluation: _best, lastEvaluation: _last, movement: _movement, ...rest } = entry;
  return { ...rest, seedIndex, facts, step: 0 };
}

function evaluated(entry: RunEntry, evaluation: Evaluation, best: boolean): RunEntry {
  return {
    ...entry,
    lastEvaluation: evaluation,
    ...((best || !entry.bestEvaluation) && { bestEvaluation: evaluation }),
  };
}

function withHeads({ otherHeads }: RunResult): Pick<RunEntry, "otherHeads"> {
  return otherHeads === undefined ? {} : { otherHeads };
}

/** With the movement, if there is one. */
function moved(entry: RunEntry, movement: SlotMovement | undefined): RunEntry {
  if (movement === undefined) return entry;
  const furthest = Math.max(0, ...movement.layers.flat().filter(Number.isFinite));
  return { ...entry, movement, furthestMove: Math.max(entry.furthestMove, furthest) };
}

/** Best evaluation of each finished seed; of the running one while there is none. */
export function bestOf(entry: RunEntry): readonly Evaluation[] {
  if (entry.seeds.length > 0) return entry.seeds.map(({ best }) => best);
  return entry.bestEvaluation ? [entry.bestEvaluation] : [];
}

export function lastOf(entry: RunEntry): readonly Evaluation[] {
  if (entry.seeds.length > 0) return entry.seeds.map(({ last }) => last);
  return entry.lastEvaluation ? [entry.lastEvaluation] : [];
}
