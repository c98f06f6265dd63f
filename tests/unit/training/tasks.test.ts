/** Whole runs of tasks beyond classifying texts on tiny-bert: they learn, repeat bit by bit and answer afterwards. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultTask, type Experiment } from "../../../src/config/experiment.ts";
import type { Executor } from "../../../src/engine/executor.ts";
import type { Example } from "../../../src/lib/examples/example.ts";
import type { TrainingEvent } from "../../../src/training/events.ts";
import { createPredictor } from "../../../src/training/predict.ts";
import type { ExampleSet } from "../../../src/training/prepareData.ts";
import { openExecutor } from "../../parity/executors.ts";
import { fixtureModel } from "../../parity/models.ts";
import { assertFreed, endOf, evaluationsOf, numbersOf, pointsOf, runToEnd, shortRun } from "./support.ts";

const things = ["film", "book", "song", "room", "food", "story"];

/** Things after "the" are tagged; other words are not. */
const tagged: Example[] = things.flatMap((first) =>
  things.map((second) => ({
    tokens: ["the", first, "is", second],
    tags: ["O", "B-thing", "O", "O"],
  })),
);

/** The answer is the word behind "the". */
const questions: Example[] = things.flatMap((first) =>
  ["good", "bad", "old", "new"].map((second) => ({
    context: `${second} is the ${first}`,
    question: "what",
    answers: [{ text: first, start: `${second} is the `.length }],
  })),
);

const runs: readonly (readonly [Experiment["task"]["kind"], readonly Example[]])[] = [
  ["token-classification", tagged],
  ["question-answering", questions],
];

let executor: Executor;
beforeAll(async () => {
  executor = await openExecutor("wasm");
});
afterAll(() => {
  assertFreed(executor);
  executor.dispose();
});

describe.each(runs)("%s", (kind, all) => {
  const examples: ExampleSet = {
    name: kind,
    train: all.filter((_, index) => index % 4 !== 0),
    evaluation: all.filter((_, index) => index % 4 === 0),
  };
  const experiment = shortRun(
    "prefix-tuning",
    { steps: 40, evaluateEvery: 20, learningRate: 0.05 },
    { task: defaultTask(kind) },
  );
  let events: TrainingEvent[];

  beforeAll(async () => {
    events = await runToEnd(experiment, { executor, examples });
  }, 60_000);

  it("brings the loss down", () => {
    const losses = pointsOf(events).map(({ loss }) => loss);
    expect(losses.at(-1)).toBeLessThan(0.7 * (losses[0] ?? 0));
    for (const { accuracy } of pointsOf(events)) expect(accuracy).toBeLessThanOrEqual(1);
  });

  it("finds spans, scored by F1 beside a baseline", () => {
    const { facts } = endOf(events).record;
    expect(facts.scoreName).toBe("F1");
    expect(facts.majorityAccuracy).toBeLessThan(1);
    expect(evaluationsOf(events).at(-1)?.accuracy).toBeGreaterThan(0.3);
  });

  it("gives the same bits again", async () => {
    const short = { ...experiment, training: { ...experiment.training, steps: 8, evaluateEvery: 8 } };
    const [first, second] = [
      await runToEnd(short, { executor, examples }),
      await runToEnd(short, { executor, examples }),
    ];
    expect(numbersOf(second)).toEqual(numbersOf(first));
  });

  it("answers inputs with what was learnt", async () => {
    const { record } = endOf(events);
    const values = new Map(record.tensors.map((tensor) => [tensor.name, tensor.values]));
    const model = await fixtureModel("tiny-bert");
    const { labels } = record.facts;
    const predictor = await createPredictor({ experiment, model, labels, executor, values });
    const inputs = examples.evaluation ?? [];
    const answers = await predictor.predict(inputs);
    predictor.dispose();
    expect(answers).toHaveLength(inputs.length);
    expect(new Set(answers.map((answer) => answer.kind))).toEqual(
      new Set([kind === "token-classification" ? "tags" : "span"]),
    );
  });
});
