/** Where a run starts when it goes on from an adapter: from the values and moments of its checkpoint, or from its values alone. */
import type { Experiment } from "../config/experiment.ts";
import type { TrainedState } from "../engine/executor.ts";
import { SettingsError } from "../lib/errors.ts";
import type { TrainedValues } from "../methods/method.ts";
import type { Adapter } from "./adapter.ts";
import type { RunSetup } from "./setup.ts";

/** Labels of PEFT's files, which keep no names. */
const unnamed = /^LABEL_\d+$/;

/**
 * Throws when the adapter cannot go on with these settings and data.
 * @param labels of the data, in the order of the logits
 */
export function requireContinuation(from: Adapter, experiment: Experiment, labels: readonly string[]): void {
  if (experiment.multiTask.others.length > 0) {
    throw new SettingsError("An adapter goes on with one data set; these settings have several. Leave one.");
  }
  if (experiment.seeds !== 1) {
    throw new SettingsError(
      `An adapter goes on with one seed; these settings ask for ${experiment.seeds}. Set seeds to 1.`,
    );
  }
  if (!labelsFit(from.labels, labels)) {
    throw new SettingsError(
      `The adapter answers with the labels ${from.labels.join(", ")}, the data has ${labels.join(", ")}. Choose data with the same labels.`,
    );
  }
  const { steps } = experiment.training;
  const step = from.checkpoint?.step ?? 0;
  if (step < steps) return;
  throw new SettingsError(`This run stands at step ${step} of ${steps}. Ask for more than ${step} steps to go on.`);
}

/** Whether an adapter's logits can be those of the data's labels, in this order: of the same name, or of none. */
export function labelsFit(known: readonly string[], labels: readonly string[]): boolean {
  const isLabel = (label: string, own: string | undefined): boolean =>
    label === own || (own !== undefined && unnamed.test(own));
  return labels.length === known.length && labels.every((label, index) => isLabel(label, known[index]));
}

/** The trained values that the run starts from. Throws when the adapter holds other tensors than the method trains. */
export function valuesOf({ checkpoint, tensors }: Adapter, { trained }: RunSetup): TrainedValues {
  const values = checkpoint?.values ?? new Map(tensors.map((tensor) => [tensor.name, tensor.values]));
  const odd = trained.find(({ name, rows, width }) => values.get(name)?.length !== rows * width);
  if (odd === undefined && values.size === trained.length) return values;
  throw new SettingsError(
    `The adapter holds ${[...values.keys()].join(", ")}; these settings train ${trained.map(({ name }) => name).join(", ")}. Go on with the settings it was trained with.`,
  );
}

/** The state before the next step, with the evaluations so far where the adapter has them. */
export function progressOf(from: Adapter) {
  const { checkpoint, tensors } = from;
  if (checkpoint === undefined) return undefined;
  const { step, best, last, values, firstMoments, secondMoments, updates } = checkpoint;
  const state: TrainedState = { values, firstMoments, secondMoments, updates };
  return {
    checkpoint: { step, state },
    best: { evaluation: best, values: new Map(tensors.map((tensor) => [tensor.name, tensor.values])) },
    last,
    stepsDone: step,
  };
}
