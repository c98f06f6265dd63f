/** Runs on several data sets: whose turn it is, what is shared, what is reported, and how a run goes on with one of them. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { experimentPerDataSet, multiTaskSchema, type Experiment } from "../../../src/config/experiment.ts";
import type { Executor } from "../../../src/engine/executor.ts";
import { withHead } from "../../../src/training/dataSetHead.ts";
import { estimateRun } from "../../../src/training/estimate.ts";
import type { TrainingEvent } from "../../../src/training/events.ts";
import { createTurns } from "../../../src/training/lanes.ts";
import type { ExampleSet } from "../../../src/training/prepareData.ts";
import { openExecutor } from "../../parity/executors.ts";
import { fixtureModel } from "../../parity/models.ts";
import {
  assertFreed,
  endOf,
  evaluationsOf,
  eventsOf,
  losingDeviceAt,
  numbersOf,
  opinions,
  pointsOf,
  runToEnd,
  shortRun,
} from "./support.ts";

/** Words of praise and blame are to be found instead of judged. */
const marked: ExampleSet = {
  name: "marked",
  train: ["good", "great", "warm"].flatMap((praise) =>
    ["bad", "dull", "cold"].flatMap((blame) => [
      { tokens: ["a", praise, "film"], tags: ["O", "B-praise", "O"] },
      { tokens: [blame, "music"], tags: ["B-blame", "O"] },
    ]),
  ),
  evaluation: [
    { tokens: ["a", "great", "book"], tags: ["O", "B-praise", "O"] },
    { tokens: ["cold", "food"], tags: ["B-blame", "O"] },
  ],
};

const tagging = { data: { kind: "own" as const, name: "marked" }, task: { kind: "token-classification" as const } };
const multiTask = (changes: object = {}) =>
  multiTaskSchema.parse({ others: [tagging], sampling: "uniform", ...changes });
const shared = (changes: object) =>
  shortRun("prefix-tuning", { steps: 16, evaluateEvery: 8 }, { multiTask: multiTask(changes) });

const model = await fixtureModel("tiny-bert");

let executor: Executor;
let reference: TrainingEvent[];

beforeAll(async () => {
  executor = await openExecutor("wasm");
  reference = await runToEnd(shared({}), { executor, otherExamples: [marked] });
});

afterEach(() => assertFreed(executor));

afterAll(() => executor.dispose());

describe("a run on two data sets", () => {
  it("tells both of them, and counts the prompt once and both heads", () => {
    const [started] = eventsOf(reference, "seed-started");
    expect(started?.facts).toMatchObject({
      labels: ["negative", "positive"],
      scoreName: "accuracy",
      trained: { prompt: 4 * 3 * 2 * 21, head: 2 * 21 + 2 + (3 * 21 + 3) },
      others: [{ name: "marked", scoreName: "F1", labels: ["B-blame", "B-praise", "O"], trainExamples: 18 }],
    });
  });

  it("evaluates both and keeps the values with the best mean", () => {
    const evaluations = evaluationsOf(reference);
    expect(evaluations.map(({ others }) => others?.length)).toEqual([1, 1]);
    const means = evaluations.map(({ accuracy, others }) => (accuracy + (others?.[0]?.accuracy ?? 0)) / 2);
    const [result] = endOf(reference).record.seeds;
    expect(result?.best.step).toBe((means.indexOf(Math.max(...means)) + 1) * 8);
  });

  it("is estimated with both heads, and with steps and evaluations of both data sets", () => {
    const experiment = shared({ continueSteps: 8 });
    const [own, other] = experimentPerDataSet(experiment);
    if (other === undefined) throw new Error("There are two data sets.");
    const both = estimateRun(experiment, model, opinions, undefined, [marked]);
    expect(both.trained).toEqual(eventsOf(reference, "seed-started")[0]?.facts.trained);
    expect(both.cacheBytes).toBe(0);
    const plain = ({ training, ...rest }: Experiment): Experiment => {
      return { ...rest, training: { ...training, savings: { ...training.savings, frontier: false } } };
    };
    const [first, second] = [estimateRun(plain(own), model, opinions), estimateRun(plain(other), model, marked)];
    expect(both.stepFlops).toBeCloseTo((first.stepFlops + second.stepFlops) / 2, 6);
    // 16 steps in turns with the evaluations of both, then 8 with one more evaluation of the first.
    const evaluation = (first.runFlops - 16 * first.stepFlops) / 2;
    const alone = 8 * first.stepFlops + evaluation;
    const expected = first.runFlops + second.runFlops - 8 * (first.stepFlops + second.stepFlops) + alone;
    expect(both.runFlops / expected).toBeCloseTo(1, 9);
  });

  it("tells why it cannot be estimated without the examples of both", () => {
    expect(estimateRun(shared({}), model, opinions).problem).toBe("Expected the examples of 2 data sets, got 1.");
  });

  it("answers for the second data set with the prompt and that head alone", () => {
    const { tensors, otherHeads = [] } = endOf(reference).record;
    const [, other] = experimentPerDataSet(shared({}));
    if (other === undefined) throw new Error("There are two data sets.");
    const adapter = withHead({ experiment: other, labels: ["a", "b", "c"], tensors }, otherHeads[0], model);
    expect(adapter.tensors).toEqual([tensors[0], ...(otherHeads[0] ?? [])]);
    // A question's head has names of its own; the first one's must not stay beside it.
    const odd = [{ name: "qa_outputs.weight", rows: 2, width: 21, values: new Float32Array(42) }];
    expect(withHead(adapter, odd, model).tensors.map(({ name }) => name)).toEqual(["prefix", "qa_outputs.weight"]);
  });

  it("keeps the prompt with the first head, and the second head by itself", () => {
    const { tensors, otherHeads } = endOf(reference).record;
    expect(tensors.map(({ name }) => name)).toEqual(["prefix", "classifier.weight", "classifier.bias"]);
    const names = otherHeads?.map((head) => head.map(({ name, rows, width }) => [name, rows, width]));
    expect(names).toEqual([
      [
        ["classifier.weight", 3, 21],
        ["classifier.bias", 1, 3],
      ],
    ]);
  });

  it("comes out the same again, and after a lost device", async () => {
    const again = await runToEnd(shared({}), { executor: losingDeviceAt(4, executor), otherExamples: [marked] });
    expect(eventsOf(again, "advice").map(({ advice }) => advice)).toContain("recovered");
    expect(numbersOf(again)).toEqual(numbersOf(reference));
  });

  it("gives other numbers than the first data set alone", async () => {
    const alone = await runToEnd(shortRun("prefix-tuning", { steps: 16, evaluateEvery: 8 }), { executor });
    expect(pointsOf(alone).map(({ loss }) => loss)).not.toEqual(pointsOf(reference).map(({ loss }) => loss));
  });
});

describe("going on with the first data set", () => {
  it.each(["kept", "fresh"])("counts steps on, with the head %s", async (continueHead) => {
    const events = await runToEnd(shared({ continueSteps: 8, continueHead }), { executor, otherExamples: [marked] });
    expect(pointsOf(events).map(({ step }) => step)).toEqual(Array.from({ length: 24 }, (_, index) => index + 1));
    const evaluations = evaluationsOf(events);
    expect(evaluations.map(({ step, others }) => [step, others !== undefined])).toEqual([
      [8, true],
      [16, true],
      [24, false],
    ]);
    const { seeds, otherHeads } = endOf(events).record;
    expect(seeds[0]?.best.step).toBe(24);
    expect(seeds[0]?.shared?.others).toHaveLength(1);
    expect(otherHeads).toBeUndefined();
    // The learning rate starts anew.
    expect(pointsOf(events)[16]?.learningRate).toBe(pointsOf(events)[0]?.learningRate);
  });

  it("repeats the shared steps, and shows whether the head is new", async () => {
    const [kept, fresh] = await Promise.all(
      ["kept", "fresh"].map((continueHead) =>
        runToEnd(shared({ continueSteps: 1, continueHead }), { executor, otherExamples: [marked] }),
      ),
    );
    const lossAt = (events: readonly TrainingEvent[] | undefined, step: number) =>
      pointsOf(events ?? [])[step - 1]?.loss;
    expect(pointsOf(kept ?? []).slice(0, 16)).toEqual(pointsOf(reference));
    expect(lossAt(kept, 17)).not.toBe(lossAt(fresh, 17));
  });
});

describe("what cannot be shared", () => {
  it("is refused when examples are missing", async () => {
    await expect(runToEnd(shared({}), { executor })).rejects.toThrow("the examples of 2 data sets, got 1");
  });

  it("is refused when the method trains nothing but heads", async () => {
    const experiment = shortRun("head-only", {}, { multiTask: multiTask() });
    await expect(runToEnd(experiment, { executor, otherExamples: [marked] })).rejects.toThrow("nothing that several");
  });
});

describe("turns", () => {
  const examples = [30, 10];
  const counts = (sampling: "proportional" | "uniform"): number[] => {
    const turn = createTurns(examples, { steps: 4000, sampling, seed: 3 });
    const drawn = Array.from({ length: 4000 }, (_, index) => turn(index + 1));
    return [0, 1].map((lane) => drawn.filter((each) => each.lane === lane).length);
  };

  it("come by the number of examples, or all alike", () => {
    // Three standard deviations of 4000 draws are 82 and 95.
    expect(Math.abs((counts("proportional")[0] ?? 0) - 3000)).toBeLessThan(82);
    expect(Math.abs((counts("uniform")[0] ?? 0) - 2000)).toBeLessThan(95);
  });

  it("number the steps of each data set without gaps", () => {
    const turn = createTurns(examples, { steps: 50, sampling: "uniform", seed: 1 });
    const drawn = Array.from({ length: 50 }, (_, index) => turn(index + 1));
    for (const lane of [0, 1]) {
      const own = drawn.filter((each) => each.lane === lane).map(({ step }) => step);
      expect(own).toEqual(own.map((_, index) => index + 1));
    }
  });

  it("do not exist behind the last step", () => {
    expect(() => createTurns(examples, { steps: 2, sampling: "uniform", seed: 1 })(3)).toThrow("2 steps");
  });
});
