/** Adapters of several lengths, layers, methods and tasks answer one mixed batch on one frozen copy as each does alone. */
import { expect, it } from "vitest";
import { defaultExperiment, parseExperiment } from "../../src/config/experiment.ts";
import type { ExampleInput } from "../../src/lib/examples/example.ts";
import { normalValues, randomStream } from "../../src/lib/random.ts";
import { methodSchema } from "../../src/methods/index.schema.ts";
import type { TaskKind } from "../../src/tasks/index.schema.ts";
import type { Answer } from "../../src/tasks/task.ts";
import type { Adapter } from "../../src/training/adapter.ts";
import { createMixedPredictor } from "../../src/training/mixedPredict.ts";
import { createPredictor } from "../../src/training/predict.ts";
import { setUpRun } from "../../src/training/setup.ts";
import type { OpenedExecutor } from "./caseChecks.ts";
import { fixtureModel, labelNames } from "./models.ts";
import { largestDifference, logitTolerance } from "./tolerances.ts";

export const model = await fixtureModel("tiny-bert");

/** An adapter with random numbers. */
export function adapterOf(kind: TaskKind, settings: object, classes: number): Adapter {
  const method = methodSchema.parse(settings);
  const experiment = parseExperiment({ ...defaultExperiment(method.kind, kind), model: "tiny-bert", method });
  const labels = labelNames(classes);
  const tensors = setUpRun(experiment, model, labels).trained.map(({ name, rows, width }) => {
    const values = normalValues(randomStream(classes, name, JSON.stringify(settings)), rows * width, 0.5);
    return { name, rows, width, values };
  });
  return { experiment, labels, tensors };
}

const texts = ["the film was great.", "a long, dull and poor story", "love", "he never likes the music!"];
const asTexts = texts.map((text): ExampleInput => ({ text }));
const asPairs = texts.map((text): ExampleInput => ({ text, textPair: "the music is not good" }));
const asQuestions = texts.map((context): ExampleInput => ({ context, question: "is it good?" }));

const cases: readonly { readonly adapter: Adapter; readonly inputs: readonly ExampleInput[] }[] = [
  { adapter: adapterOf("sequence-classification", { kind: "prefix-tuning", promptLength: 4 }, 2), inputs: asTexts },
  { adapter: adapterOf("sequence-classification", { kind: "prefix-tuning", promptLength: 4 }, 5), inputs: asPairs },
  { adapter: adapterOf("token-classification", { kind: "prefix-tuning", promptLength: 4 }, 3), inputs: asTexts },
  { adapter: adapterOf("question-answering", { kind: "prefix-tuning", promptLength: 4 }, 2), inputs: asQuestions },
  {
    adapter: adapterOf("sequence-classification", { kind: "prefix-tuning", promptLength: 2, layers: [1, 3] }, 2),
    inputs: asTexts,
  },
  { adapter: adapterOf("sequence-classification", { kind: "prompt-tuning", promptLength: 3 }, 2), inputs: asTexts },
  {
    adapter: adapterOf(
      "token-classification",
      { kind: "p-tuning", promptLength: 5, hiddenSize: 4, placement: "after-cls" },
      4,
    ),
    inputs: asTexts,
  },
  { adapter: adapterOf("sequence-classification", { kind: "head-only" }, 3), inputs: asPairs },
];
export const adapters = cases.map(({ adapter }) => adapter);
/** First rows of every adapter, then second rows, …: no two neighbours are answered by the same one. */
const mixed = texts.flatMap((_, row) =>
  cases.flatMap(({ inputs }, adapter) => inputs.slice(row, row + 1).map((input) => ({ adapter, input }))),
);

function numbersOf(answer: Answer | undefined): number[] {
  if (answer?.kind === "label") return [...answer.logits];
  if (answer?.kind === "tags") return answer.logits.flatMap((row) => [...(row ?? [])]);
  return answer?.kind === "span" ? [answer.logit, answer.start, answer.end] : [];
}

/** One of `every` adapters is asked alone as well. */
export function checkMixedBatch(executor: OpenedExecutor, every: number): void {
  it("every row is answered as by its adapter alone", async () => {
    const predictor = await createMixedPredictor({ adapters, model, executor: executor() });
    const together = await predictor.predict(mixed).finally(() => predictor.dispose());
    expect(together).toHaveLength(mixed.length);
    for (const [place, { adapter, inputs }] of cases.entries()) {
      if (place % every !== 0) continue;
      const { experiment, labels, tensors } = adapter;
      const values = new Map(tensors.map((tensor) => [tensor.name, tensor.values]));
      const alone = await createPredictor({ experiment, labels, model, executor: executor(), values });
      const expected = (await alone.predict(inputs).finally(() => alone.dispose())).flatMap(numbersOf);
      const actual = together.filter((_, row) => mixed[row]?.adapter === place).flatMap(numbersOf);
      expect(actual).toHaveLength(expected.length);
      expect(expected.length).toBeGreaterThan(0);
      expect(largestDifference(actual, expected)).toBeLessThanOrEqual(logitTolerance(expected) / 10);
    }
  });

  it("takes less memory than a copy of the model for each", async () => {
    const weights = () => executor().heldMemory().weights;
    const predictor = await createMixedPredictor({ adapters, model, executor: executor() });
    const shared = weights();
    predictor.dispose();
    const [first] = adapters;
    if (first === undefined) throw new Error("There are adapters above.");
    const alone = await createMixedPredictor({ adapters: [first], model, executor: executor() });
    const single = weights();
    alone.dispose();
    expect(executor().allocatedBytes()).toBe(0);
    // What eight prompts and heads add, not eight models.
    expect(shared).toBeLessThan(1.5 * single);
  });
}
