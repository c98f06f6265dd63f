/** Answers to what the visitor types, in the form in which the page shows them. */
import { usesOwnHead, usesLabelWords } from "../tasks/taskFit.schema.ts";
import { bareExperiment } from "../training/bare.ts";
import { createPredictor, wordsAtMask, type PredictorOptions } from "../training/predict.ts";
import type { Answer } from "../tasks/task.ts";
import type { CommandOf, Prediction } from "./protocol.ts";

type Engine = Pick<PredictorOptions, "model" | "executor">;

/**
 * One answer per input. Without tensors the frozen model answers where its own head can, and the untrained start of the
 * seed otherwise.
 */
export async function predictionsOf(
  { adapter, inputs }: Pick<CommandOf<"predict">, "adapter" | "inputs">,
  engine: Engine,
): Promise<readonly Prediction[]> {
  const { tensors, labels } = adapter;
  const untrained = tensors.length === 0;
  const { task } = adapter.experiment;
  const experiment = untrained && usesOwnHead(task) ? bareExperiment(adapter.experiment) : adapter.experiment;
  const values = untrained ? {} : { values: new Map(tensors.map((tensor) => [tensor.name, tensor.values])) };
  const options = { ...engine, experiment, labels, ...values };
  const predictor = await createPredictor(options);
  const answers = await predictor.predict(inputs).finally(() => predictor.dispose());
  const words = usesLabelWords(task) ? await wordsAtMask(options, inputs) : [];
  return answers.map((answer, index) => {
    const prediction = predictionOf(answer, labels);
    const best = words[index];
    return prediction.kind === "label" && best !== undefined ? { ...prediction, words: best } : prediction;
  });
}

/** An answer by the names of its labels. */
export function predictionOf(answer: Answer, labels: readonly string[]): Prediction {
  switch (answer.kind) {
    case "label": {
      const { label, probabilities } = answer;
      const byLabel = Object.fromEntries(labels.map((name, index) => [name, probabilities[index] ?? 0]));
      return { kind: "label", label, probabilities: byLabel };
    }
    case "tags": {
      const words = answer.words.map((word, index) => ({
        word,
        tag: answer.tags[index] ?? "",
        probability: answer.probabilities[index],
      }));
      return { kind: "tags", words };
    }
    case "span": {
      const { text, start, end, probability } = answer;
      return { kind: "span", text, start, end, probability };
    }
    case "words":
      return answer;
    default:
      return answer satisfies never;
  }
}
