/** Several adapters answer one mixed batch on one frozen copy of the model; on demand each answers again alone, to compare. */
import type { Answer } from "../tasks/task.ts";
import { createMixedPredictor, type MixedInput, type MixedOptions } from "../training/mixedPredict.ts";
import { createPredictor } from "../training/predict.ts";
import { relativeDifference } from "../training/verifyAdapter.ts";
import { predictionOf } from "./predictions.ts";
import type { CommandOf, MixedAnswers } from "./protocol.ts";

/** @throws SettingsError when an adapter cannot share the frozen copy */
export async function mixedAnswers(
  { adapters, inputs, compare }: CommandOf<"predict-mixed">,
  engine: Pick<MixedOptions, "model" | "executor">,
): Promise<MixedAnswers> {
  const options = { ...engine, adapters };
  const predictor = await createMixedPredictor(options);
  const answers = await predictor.predict(inputs).finally(() => predictor.dispose());
  const predictions = answers.map((answer, at) => predictionOf(answer, labelsOf(options, inputs[at])));
  const told = { predictions, groups: predictor.groups };
  return compare ? { ...told, difference: await differenceFromAlone(options, inputs, answers) } : told;
}

function labelsOf({ adapters }: MixedOptions, input: MixedInput | undefined): readonly string[] {
  return adapters[input?.adapter ?? -1]?.labels ?? [];
}

/** Largest difference of any logit from the adapter's own run, as a share of the largest logit or 1. */
async function differenceFromAlone(
  { adapters, model, executor }: MixedOptions,
  inputs: readonly MixedInput[],
  answers: readonly Answer[],
): Promise<number> {
  let largest = 0;
  for (const [place, { experiment, labels, tensors }] of adapters.entries()) {
    const rows = inputs.flatMap(({ adapter, input }, at) => (adapter === place ? [{ input, at }] : []));
    const values = new Map(tensors.map((tensor) => [tensor.name, tensor.values]));
    const alone = await createPredictor({ experiment, labels, model, executor, values });
    const own = await alone.predict(rows.map(({ input }) => input)).finally(() => alone.dispose());
    const together = rows.flatMap(({ at }) => answers[at] ?? []);
    largest = Math.max(largest, relativeDifference(together.flatMap(logitRows), own.flatMap(logitRows)));
  }
  return largest;
}

function logitRows(answer: Answer): Float32Array[] {
  switch (answer.kind) {
    case "label":
      return [answer.logits];
    case "tags":
      return answer.logits.flatMap((row) => row ?? []);
    case "span":
      return [Float32Array.of(answer.logit)];
    case "words":
      return [];
    default:
      return answer satisfies never;
  }
}
