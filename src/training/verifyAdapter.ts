/**
 * The last look at an adapter's files before they are given away: they are read again, by PEFT's conventions where PEFT's
 * files are there, and must answer real rows as the run does. What was trained and what was written can then not differ.
 */
import type { Executor } from "../engine/executor.ts";
import { peftFileNames } from "../interop/peftFormat.ts";
import type { Example } from "../lib/examples/example.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { bindTask } from "../tasks/index.ts";
import type { EncodedSequence } from "../tasks/task.ts";
import type { Adapter } from "./adapter.ts";
import { importAdapter } from "./adapterFiles.ts";
import { createPredictor } from "./predict.ts";
import { tokenBudget } from "./prepareData.ts";

/** Rows that are compared; a fault of a format shows in every row. */
const comparedRows = 8;
/** Largest difference of any logit, as a share of the largest logit or 1. */
const tolerance = 1e-4;

export interface AdapterCheck {
  readonly adapter: Adapter;
  /** What `exportAdapter` made of it. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly model: LoadedModel;
  readonly executor: Executor;
  /** Rows of the run's data or of other data of its task. */
  readonly rows: readonly Example[];
}

/** Throws when the files answer otherwise than the run, or cannot be read. */
export async function verifyAdapter({ adapter, files, model, executor, rows }: AdapterCheck): Promise<void> {
  const sequences = sequencesOf(adapter, model, rows.slice(0, comparedRows));
  if (sequences.length === 0) throw new Error("Expected rows to check the adapter's files with, got none.");
  for (const again of rereadings(files, model)) {
    // The run's own training settings: PEFT's files know nothing of lengths and half precision.
    const experiment = { ...again.experiment, training: adapter.experiment.training };
    const expected = await logitsOf(adapter, { model, executor }, sequences);
    const actual = await logitsOf({ ...again, experiment }, { model, executor }, sequences);
    const difference = relativeDifference(actual, expected);
    if (difference <= tolerance) continue;
    throw new Error(
      `The adapter's files would answer otherwise than the run: logits differ by ${difference.toExponential(1)} of the largest, expected at most ${tolerance}. They were not written. Please report this with the run's record.`,
    );
  }
}

/** The studio's files, and PEFT's alone where they are. */
function rereadings(files: AdapterCheck["files"], model: LoadedModel): Adapter[] {
  const peft = new Map([...files].filter(([name]) => Object.values<string>(peftFileNames).includes(name)));
  return [files, ...(peft.size === 0 ? [] : [peft])].map((some) => importAdapter(some, model));
}

/** A language model's rows are texts with their continuations; others are read without their answers. */
function sequencesOf(
  { experiment, labels }: Adapter,
  model: LoadedModel,
  rows: readonly Example[],
): readonly EncodedSequence[] {
  const task = bindTask(experiment.task, model);
  const options = { labels, budget: tokenBudget(experiment, model.family.dimensions.positions) };
  const part = experiment.task.kind === "causal-lm" ? task.encode(rows, options) : task.read(rows, options);
  return part.sequences;
}

async function logitsOf(
  { experiment, labels, tensors }: Adapter,
  { model, executor }: Pick<AdapterCheck, "model" | "executor">,
  sequences: readonly EncodedSequence[],
): Promise<Float32Array[]> {
  const values = new Map(tensors.map((tensor) => [tensor.name, tensor.values]));
  const predictor = await createPredictor({ experiment, labels, model, executor, values });
  return predictor.logits(sequences).finally(() => predictor.dispose());
}

/**
 * Largest difference of any two numbers, as a share of the largest expected one or 1. Infinite where a number is missing or
 * not finite in one of them only.
 */
export function relativeDifference(actual: readonly Float32Array[], expected: readonly Float32Array[]): number {
  let [largest, difference] = [1, 0];
  for (const [index, row] of expected.entries()) {
    if (actual[index]?.length !== row.length) return Infinity;
    for (const [at, value] of row.entries()) {
      const other = actual[index]?.[at] ?? NaN;
      if (Number.isNaN(other) && Number.isNaN(value)) continue;
      largest = Math.max(largest, Math.abs(value));
      const distance = Math.abs(other - value);
      difference = Number.isFinite(distance) ? Math.max(difference, distance) : Infinity;
    }
  }
  return difference / largest;
}
