/**
 * How well a trained run does with one layer's prompt switched off, for each prompted layer in turn, and with all of them
 * off. Trained head, positions of the text and all other prompts stay as they are, so "all off" is the frozen model under
 * the trained head with its text at positions P, P + 1, …
 */
import type { EvaluationPlan, Executor, StepValues } from "../../engine/executor.ts";
import { promptLengthOf } from "../../methods/index.schema.ts";
import type { TrainedValues } from "../../methods/method.ts";
import type { LoadedModel } from "../../models/loadModel.ts";
import type { Scores } from "../../tasks/task.ts";
import type { Experiment } from "../../config/experiment.ts";
import { logitsOf } from "../evaluate.ts";
import { openEvaluation } from "../openEvaluation.ts";
import type { PreparedData } from "../prepareData.ts";
import { setUpRun, type RunSetup } from "../setup.ts";
import { gatedMethod, withGates, withoutSlots, withPromptAmongTokens } from "./switchedOff.ts";

export interface KnockOutReport {
  /** With every prompt on. */
  readonly whole: Scores;
  /** One per prompted layer, counted from 1 at the bottom; 0 is the input. */
  readonly layers: readonly { readonly layer: number; readonly scores: Scores }[];
  /** With every prompt off. */
  readonly none: Scores;
}

export interface KnockOutOptions {
  readonly experiment: Experiment;
  readonly model: LoadedModel;
  readonly data: PreparedData;
  readonly values: TrainedValues;
  readonly executor: Executor;
  readonly signal?: AbortSignal;
}

/** Sequences evaluated so far, out of those of all evaluations. */
export interface KnockOutProgress {
  readonly done: number;
  readonly total: number;
}

/** Why this run has nothing to switch off; undefined when it has. */
export function reasonNoKnockOut({ method }: Experiment): string | undefined {
  return promptLengthOf(method) > 0
    ? undefined
    : `There is no prompt to switch off: ${method.kind} adds no virtual tokens.`;
}

/** Returns undefined when it was cancelled. @throws when the run has no prompt. */
export async function* knockOut(
  options: KnockOutOptions,
): AsyncGenerator<KnockOutProgress, KnockOutReport | undefined> {
  const reason = reasonNoKnockOut(options.experiment);
  if (reason !== undefined) throw new Error(reason);
  const { executor, data, values } = options;
  const setup = setUpRun(withPromptAmongTokens(options.experiment), options.model, data.labels, {
    change: gatedMethod,
  });
  const { promptedLayers } = setup.method;
  const single = promptedLayers.length > 1 ? promptedLayers.map((layer) => [layer]) : [];
  const cases: readonly (readonly number[])[] = [[], ...single, promptedLayers];
  const evaluation = await openEvaluation({ executor, setup, values, longest: data.longest });
  try {
    const scores: Scores[] = [];
    for (const [place, off] of cases.entries()) {
      const own = yield* scoresWithout(options, switched(setup, off, options), evaluation.plan, {
        before: place * data.evaluation.sequences.length,
        total: cases.length * data.evaluation.sequences.length,
      });
      if (own === undefined) return undefined;
      scores.push(own);
    }
    return reportOf(scores, promptedLayers);
  } finally {
    evaluation.dispose();
  }
}

/** The set-up whose steps have the prompts of these layers switched off; −1 is the input. */
function switched(setup: RunSetup, off: readonly number[], { experiment }: KnockOutOptions): RunSetup {
  const { method } = setup;
  const slots = promptLengthOf(experiment.method);
  const isSoft = method.promptedLayers.includes(-1);
  const change = (step: StepValues): StepValues => {
    if (isSoft) return off.length === 0 ? step : withoutSlots(step);
    return withGates(step, method, { slots, off });
  };
  return { ...setup, pack: (sequences, labelled) => change(setup.pack(sequences, labelled)) };
}

async function* scoresWithout(
  { data, signal }: KnockOutOptions,
  setup: RunSetup,
  plan: EvaluationPlan,
  { before, total }: { before: number; total: number },
): AsyncGenerator<KnockOutProgress, Scores | undefined> {
  const { sequences } = data.evaluation;
  const logits: Float32Array[] = [];
  for (let start = 0; start < sequences.length; start += setup.evaluationChunk) {
    if (signal?.aborted) return undefined;
    yield { done: before + start, total };
    logits.push(...(await logitsOf(plan, setup, sequences.slice(start, start + setup.evaluationChunk))));
  }
  return data.evaluation.score(logits);
}

function reportOf(scores: readonly Scores[], promptedLayers: readonly number[]): KnockOutReport {
  const [whole, none] = [scores[0], scores.at(-1)];
  if (whole === undefined || none === undefined) throw new Error("Nothing was evaluated.");
  const layers = promptedLayers.flatMap((layer, place) => {
    const own = scores[place + 1];
    return own === undefined ? [] : [{ layer: layer + 1, scores: own }];
  });
  return { whole, layers, none };
}
