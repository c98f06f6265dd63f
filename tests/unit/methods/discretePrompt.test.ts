/** Words only: the frozen model answers through its own language-model head, and nothing is trained or stepped. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseExperiment, type Experiment } from "../../../src/config/experiment.ts";
import type { Executor } from "../../../src/engine/executor.ts";
import { createRunControl } from "../../../src/training/control.ts";
import type { TrainingEvent } from "../../../src/training/events.ts";
import { train } from "../../../src/training/train.ts";
import { openExecutor } from "../../parity/executors.ts";
import { fixtureModel } from "../../parity/models.ts";

const model = await fixtureModel("encoder-l4-d128");
const examples = {
  name: "opinions",
  train: [
    { text: "A good film.", label: "praise" },
    { text: "A bad film.", label: "blame" },
  ],
  evaluation: [
    { text: "It was great, and the music was lovely.", label: "praise" },
    { text: "The food was cold and the room was bad.", label: "blame" },
  ],
};
let executor: Executor;

beforeAll(async () => {
  executor = await openExecutor("wasm");
});

afterAll(() => executor.dispose());

function experimentOf(task: object): Experiment {
  return parseExperiment({
    task: { kind: "sequence-classification", ...task },
    method: { kind: "discrete-prompt" },
    training: { learningRate: 0.01, weightDecay: 0, steps: 50 },
  });
}

async function eventsOf(task: object): Promise<TrainingEvent[]> {
  const run = train({
    experiment: experimentOf(task),
    model,
    examples,
    control: createRunControl(),
    executor: async () => executor,
  });
  const events: TrainingEvent[] = [];
  for await (const event of run) events.push(event);
  return events;
}

const words = { head: "verbalizer", labelWords: { praise: "good", blame: "bad" } };

it("evaluates once, without a step or a trained number", async () => {
  const events = await eventsOf(words);
  expect(events.map(({ kind }) => kind)).toEqual(["seed-started", "evaluated", "seed-finished", "finished"]);
  const [started, , , end] = events;
  if (started?.kind !== "seed-started" || end?.kind !== "finished") throw new Error("A run starts and finishes.");
  expect(started.facts).toMatchObject({ steps: 0, trained: { prompt: 0, head: 0, model: 0 } });
  expect(end).toMatchObject({ outcome: "finished", record: { tensors: [] } });
  expect(executor.allocatedBytes()).toBe(0);
});

it("answers by the words: exchanging them exchanges right and wrong", async () => {
  const accuracyOf = async (labelWords: object): Promise<number> => {
    const evaluated = (await eventsOf({ ...words, labelWords })).find(({ kind }) => kind === "evaluated");
    return evaluated?.kind === "evaluated" ? evaluated.evaluation.accuracy : Number.NaN;
  };
  const accuracy = await accuracyOf({ praise: "good", blame: "bad" });
  expect(await accuracyOf({ praise: "bad", blame: "good" })).toBeCloseTo(1 - accuracy, 12);
});

it("refuses a head that would have to be trained", async () => {
  await expect(eventsOf({ head: "linear" })).rejects.toThrow("Choose the verbalizer head");
});
