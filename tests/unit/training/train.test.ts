/** Whole training runs of tiny-bert on TensorFlow.js' wasm backend: what they report, that they learn, and that they repeat. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Executor } from "../../../src/engine/executor.ts";
import { mean } from "../../../src/lib/statistics.ts";
import { createRunControl } from "../../../src/training/control.ts";
import type { TrainingEvent } from "../../../src/training/events.ts";
import { openExecutor } from "../../parity/executors.ts";
import {
  assertFreed,
  endOf,
  evaluationsOf,
  eventsOf,
  losingDeviceAt,
  numbersOf,
  pointsOf,
  runToEnd,
  shortRun,
  undecided,
} from "./support.ts";

const prefix = shortRun("prefix-tuning");

let executor: Executor;
/** An undisturbed run of `prefix`, which others are compared with. */
let reference: TrainingEvent[];

beforeAll(async () => {
  executor = await openExecutor("wasm");
  reference = await runToEnd(prefix, { executor });
});

afterEach(() => assertFreed(executor));

afterAll(() => executor.dispose());

describe("a run", () => {
  it("tells its facts first and its result last", () => {
    expect(reference[0]).toMatchObject({
      kind: "seed-started",
      facts: {
        seed: 1,
        steps: 24,
        labels: ["negative", "positive"],
        trainExamples: 30,
        evaluationExamples: 10,
        majorityAccuracy: 0.5,
        trained: { prompt: 4 * 3 * 2 * 21, head: 2 * 21 + 2, model: 0 },
        truncated: 0,
        backend: "wasm",
      },
    });
    expect(reference.slice(-2).map(({ kind }) => kind)).toEqual(["seed-finished", "finished"]);
    expect(endOf(reference).outcome).toBe("finished");
  });

  it("reports every step once and in order", () => {
    expect(pointsOf(reference).map(({ step }) => step)).toEqual(Array.from({ length: 24 }, (_, index) => index + 1));
  });

  it("evaluates when it should, after it has reported the step", () => {
    expect(evaluationsOf(reference).map(({ step }) => step)).toEqual([8, 16, 24]);
    for (const evaluated of eventsOf(reference, "evaluated")) {
      const before = pointsOf(reference.slice(0, reference.indexOf(evaluated)));
      expect(before.at(-1)?.step).toBe(evaluated.evaluation.step);
    }
  });

  it("follows the schedule's learning rate", () => {
    const rates = pointsOf(reference).map(({ learningRate }) => learningRate);
    expect(rates[0]).toBeCloseTo(0.03, 12);
    expect(rates[12]).toBeCloseTo(0.015, 12);
  });

  it("tells how far every slot of every layer has moved after each evaluation", () => {
    const movements = eventsOf(reference, "moved").map(({ movement }) => movement);
    expect(movements.map(({ step }) => step)).toEqual([8, 16, 24]);
    for (const { layers, gradientNorms } of movements) {
      expect(layers.map((slots) => slots.length)).toEqual([4, 4, 4]);
      expect(layers.flat().every((distance) => distance > 0)).toBe(true);
      expect(gradientNorms).toHaveLength(3);
    }
  });

  it("keeps all trained tensors and nothing else", () => {
    const { tensors } = endOf(reference).record;
    expect(tensors.map(({ name, rows, width }) => [name, rows, width])).toEqual([
      ["prefix", 4, 126],
      ["classifier.weight", 2, 21],
      ["classifier.bias", 1, 2],
    ]);
    for (const { values } of tensors) expect(values.every(Number.isFinite)).toBe(true);
  });

  it("ends with a last evaluation even when none is due", async () => {
    const events = await runToEnd(shortRun("head-only", { steps: 5, evaluateEvery: 100 }), { executor });
    expect(evaluationsOf(events).map(({ step }) => step)).toEqual([5]);
  });
});

describe("learning", () => {
  it.each([
    ["head-only", 0.05],
    ["prompt-tuning", 0.03],
    ["prefix-tuning", 0.03],
    ["p-tuning", 0.01],
    ["bitfit", 0.02],
    ["top-layers", 0.005],
    ["lora", 0.02],
    ["adapters", 0.02],
    ["full-fine-tuning", 0.002],
  ] as const)("%s brings the loss down and answers its training examples", async (kind, learningRate) => {
    const events = await runToEnd(shortRun(kind, { learningRate, steps: 40, evaluateEvery: 40 }), { executor });
    const [first, last] = [pointsOf(events).slice(0, 8), pointsOf(events).slice(-8)];
    expect(mean(last.map(({ loss }) => loss))).toBeLessThan(0.7 * mean(first.map(({ loss }) => loss)));
    expect(mean(last.map(({ accuracy }) => accuracy))).toBeGreaterThan(0.8);
  });
});

describe("the same experiment", () => {
  it("gives the same bits again", async () => {
    expect(numbersOf(await runToEnd(prefix, { executor }))).toEqual(numbersOf(reference));
  });

  it("gives other numbers with another seed", async () => {
    const other = await runToEnd({ ...prefix, seed: 2 }, { executor });
    expect(pointsOf(other)[0]?.loss).not.toBe(pointsOf(reference)[0]?.loss);
  });

  it("gives the same numbers when it is paused, stepped and resumed", async () => {
    const control = createRunControl(true);
    let pauses = 0;
    const events = await runToEnd(prefix, {
      executor,
      control,
      onEvent: ({ kind }) => {
        if (kind !== "paused") return;
        pauses++;
        if (pauses <= 3) control.step();
        else control.resume();
      },
    });
    expect(eventsOf(events, "paused").map(({ step }) => step)).toEqual([0, 1, 2, 3]);
    expect(eventsOf(events, "resumed").map(({ step }) => step)).toEqual([0, 1, 2, 3]);
    expect(numbersOf(events)).toEqual(numbersOf(reference));
  });
});

describe("the best checkpoint", () => {
  it("is the evaluation with the highest accuracy, of equals the one with the lowest loss", async () => {
    const events = await runToEnd(shortRun("prefix-tuning", { learningRate: 0.2, evaluateEvery: 3 }), { executor });
    const ranked = evaluationsOf(events).toSorted((a, b) => b.accuracy - a.accuracy || a.loss - b.loss);
    expect(endOf(events).record.seeds[0]?.best).toEqual(ranked[0]);
    expect(endOf(events).record.seeds[0]?.last).toEqual(evaluationsOf(events).at(-1));
  });

  it("is what the run hands back: a run that ends there hands back the same tensors", async () => {
    const settings = { learningRate: 0.2, evaluateEvery: 3, schedule: "constant" as const };
    const longer = await runToEnd(shortRun("prefix-tuning", settings), { executor });
    const best = endOf(longer).record.seeds[0]?.best.step ?? 0;
    const shorter = await runToEnd(shortRun("prefix-tuning", { ...settings, steps: best }), { executor });
    expect(endOf(shorter).record.tensors).toEqual(endOf(longer).record.tensors);
  });
});

describe("several seeds", () => {
  it("give one result each, with numbers of their own", async () => {
    const events = await runToEnd(shortRun("head-only", { steps: 8 }, { seeds: 3, seed: 5 }), { executor });
    const { seeds } = endOf(events).record;
    expect(seeds.map(({ seed }) => seed)).toEqual([5, 6, 7]);
    expect(eventsOf(events, "seed-started").map(({ facts }) => facts.seed)).toEqual([5, 6, 7]);
    expect(new Set([0, 1, 2].map((index) => pointsOf(events, index)[0]?.loss)).size).toBe(3);
  });

  it("hand back the tensors of the best of them", async () => {
    const experiment = shortRun("head-only", { steps: 8 }, { seeds: 3 });
    const all = endOf(await runToEnd(experiment, { executor })).record;
    const best = all.seeds.toSorted((a, b) => b.best.accuracy - a.best.accuracy)[0]?.seed ?? 0;
    const alone = endOf(await runToEnd({ ...experiment, seeds: 1, seed: best }, { executor })).record;
    expect(all.facts.seed).toBe(best);
    expect(all.tensors).toEqual(alone.tensors);
  });
});

describe("stopping", () => {
  it("after an evaluation ends the run there with what was learnt", async () => {
    const events = await runToEnd(prefix, {
      executor,
      onEvent: ({ kind }, control) => {
        if (kind === "evaluated") control.stop();
      },
    });
    const { outcome, record } = endOf(events);
    expect(outcome).toBe("stopped");
    expect(pointsOf(events)).toEqual(pointsOf(reference).slice(0, 8));
    expect(record.seeds[0]?.last).toEqual(evaluationsOf(reference)[0]);
  });

  it("in the middle evaluates the step it stopped at", async () => {
    const events = await runToEnd(prefix, {
      executor,
      onEvent: ({ kind }, control) => {
        if (kind === "steps") control.stop();
      },
    });
    const last = pointsOf(events).at(-1)?.step ?? 0;
    expect(evaluationsOf(events).map(({ step }) => step)).toEqual([last]);
    expect(endOf(events).record.seeds[0]?.last.step).toBe(last);
  });

  it("during a pause ends the run", async () => {
    const control = createRunControl();
    const events = await runToEnd(prefix, {
      executor,
      control,
      onEvent: ({ kind }) => {
        if (kind === "evaluated") control.pause();
        if (kind === "paused") control.stop();
      },
    });
    expect(endOf(events).outcome).toBe("stopped");
    expect(pointsOf(events)).toHaveLength(8);
  });

  it("leaves the seeds that did not start out of the result", async () => {
    const events = await runToEnd(shortRun("head-only", { steps: 8 }, { seeds: 3 }), {
      executor,
      onEvent: ({ kind }, control) => {
        if (kind === "seed-finished") control.stop();
      },
    });
    expect(endOf(events)).toMatchObject({ outcome: "stopped", record: { seeds: [{ seed: 1 }] } });
  });

  it("before the first step says that there is nothing to keep", async () => {
    const control = createRunControl();
    control.stop();
    await expect(runToEnd(prefix, { executor, control })).rejects.toThrow("stopped before its first step");
  });
});

describe("a lost device", () => {
  it.each([1, 10, 24])("after step %i leaves the numbers of the run as they are", async (step) => {
    const events = await runToEnd(prefix, { executor: losingDeviceAt(step, executor) });
    expect(eventsOf(events, "advice")).toEqual([expect.objectContaining({ advice: "recovered" })]);
    expect(numbersOf(events)).toEqual(numbersOf(reference));
  });

  it("is asked for anew, and the run goes on from its last evaluation", async () => {
    let opened = 0;
    const disturbed = losingDeviceAt(12, executor);
    const events = await runToEnd(prefix, {
      executor: async () => {
        opened++;
        return disturbed;
      },
    });
    expect(eventsOf(events, "advice")).toMatchObject([{ step: 8 }]);
    expect(opened).toBe(3);
  });

  it("that is lost again and again ends the run with the error", async () => {
    const always = async (): Promise<Executor> => losingDeviceAt(1, executor);
    await expect(runToEnd(prefix, { executor: always })).rejects.toThrow("pulled out for a test");
  });
});

describe("advice", () => {
  it("ends a run whose learning rate is far too high as diverged, and says what to do", async () => {
    const events = await runToEnd(shortRun("prefix-tuning", { learningRate: 50, steps: 100 }), { executor });
    expect(endOf(events).outcome).toBe("diverged");
    expect(eventsOf(events, "advice")).toEqual([
      expect.objectContaining({
        advice: "diverged",
        message: expect.stringContaining("Lower the learning rate (now 50)"),
      }),
    ]);
    expect(pointsOf(events).length).toBeLessThan(100);
  });

  it("tells a run that does not learn, once, and lets it go on", async () => {
    const settings = { learningRate: 1e-9, steps: 60, evaluateEvery: 60 };
    const events = await runToEnd(shortRun("head-only", settings), { executor, examples: undecided });
    expect(eventsOf(events, "advice").map(({ advice }) => advice)).toEqual(["not-learning"]);
    expect(endOf(events).outcome).toBe("finished");
  });
});

it("counts the texts that had to be cut", async () => {
  const events = await runToEnd(shortRun("head-only", { steps: 1, maxTokens: 4 }), { executor });
  expect(eventsOf(events, "seed-started")[0]?.facts.truncated).toBe(40);
});
