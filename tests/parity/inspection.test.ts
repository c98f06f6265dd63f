/**
 * Looking inside a run against PyTorch: prompts switched off, where transformers masks their scores and the studio leaves
 * them out; attention on the slots; nearest words in 64 bits.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Executor } from "../../src/engine/executor.ts";
import type { Scores } from "../../src/tasks/task.ts";
import { attentionMass } from "../../src/training/inspect/attentionMass.ts";
import { knockOut } from "../../src/training/inspect/knockOut.ts";
import { nearestWords, type NearestWords } from "../../src/training/inspect/nearestWords.ts";
import type { PreparedData } from "../../src/training/prepareData.ts";
import { setUpRun } from "../../src/training/setup.ts";
import { openExecutor } from "./executors.ts";
import { fixtureModel, readJson } from "./models.ts";
import { readCase, readCaseAt, replayLogits, type GoldenCase } from "./replay.ts";
import { largestDifference, logitShare, logitTolerance } from "./tolerances.ts";

const logitsSchema = z.array(z.array(z.number())).transform((rows) => Float32Array.from(rows.flat()));

const golden = z
  .object({
    deep: z.object({
      whole: logitsSchema,
      without: z.array(logitsSchema),
      none: logitsSchema,
      attention: z.array(z.object({ heads: z.array(z.number()), slots: z.array(z.number()) })),
    }),
    soft: z.object({
      whole: logitsSchema,
      none: logitsSchema,
      words: z.object({
        byDistance: z.array(z.array(z.int())),
        byCosine: z.array(z.array(z.int())),
        distance: z.array(z.number()),
        cosine: z.array(z.number()),
        wordDistance: z.array(z.number()),
        wordCosine: z.array(z.number()),
        fartherThan: z.array(z.number()),
        lessSimilarThan: z.array(z.number()),
      }),
    }),
  })
  .parse(readJson("tiny-bert/inspection.json"));

function headOf(values: ReadonlyMap<string, Float32Array>): Map<string, Float32Array> {
  return new Map([...values].filter(([name]) => name.startsWith("score")));
}

/** Runs a generator to its end and returns its result. */
async function resultOf<Result>(work: AsyncGenerator<unknown, Result>): Promise<Result> {
  for (;;) {
    const next = await work.next();
    if (next.done === true) return next.value;
  }
}

/** Data of a case whose score only notes the logits it is given. */
function notingData({ examples, setup }: GoldenCase, noted: Float32Array[]): PreparedData {
  const scores: Scores = { accuracy: 0, interval: [0, 1], macroF1: 0, loss: 0, examples: 0, figures: {} };
  const part = {
    sequences: examples,
    guessingLoss: 0,
    score(logits: readonly Float32Array[]) {
      noted.push(Float32Array.from(logits.flatMap((row) => [...row])));
      return scores;
    },
  };
  return {
    labels: setup.labels,
    train: part,
    evaluation: part,
    trainExamples: [],
    evaluationExamples: [],
    baseline: { name: "none", score: 0 },
    truncated: 0,
    longest: Math.max(...examples.map(({ encoding }) => encoding.ids.length)),
  };
}

/** Logits with nothing off, with each prompted layer off, with all off. */
async function knockedOut(loaded: GoldenCase, executor: Executor): Promise<Float32Array[]> {
  const noted: Float32Array[] = [];
  const { experiment, model, initial: values } = loaded;
  await resultOf(knockOut({ experiment, model, data: notingData(loaded, noted), values, executor }));
  return noted;
}

describe.each(["cpu", "wasm", "webgpu"] as const)("tiny-bert on %s", (backend) => {
  let executor: Executor;

  beforeAll(async () => {
    executor = await openExecutor(backend);
  });

  afterAll(() => executor.dispose());

  it("switches off the deep prompt of each layer and of all, as PyTorch with masked scores", async () => {
    const { whole, without, none } = golden.deep;
    const expected = [whole, ...without, none];
    const logits = await knockedOut(await readCase("tiny-bert", "prefix-tuning"), executor);
    expect(logits).toHaveLength(expected.length);
    for (const [place, own] of logits.entries()) {
      const reference = expected[place] ?? new Float32Array();
      expect(largestDifference(own, reference) / logitTolerance(reference), `case ${place}`).toBeLessThanOrEqual(1);
      const faulty = expected[(place + 1) % expected.length] ?? new Float32Array();
      expect(largestDifference(own, faulty) / logitTolerance(reference)).toBeGreaterThan(10);
    }
  });

  it("takes a soft prompt out and leaves the text at its positions, as PyTorch with masked slots", async () => {
    const [whole, none, ...more] = await knockedOut(await readCase("tiny-bert", "prompt-tuning"), executor);
    expect(more).toEqual([]);
    for (const [own, reference] of [
      [whole, golden.soft.whole],
      [none, golden.soft.none],
    ] as const) {
      expect(largestDifference(own ?? new Float32Array(), reference) / logitTolerance(reference)).toBeLessThanOrEqual(
        1,
      );
    }
  });

  it("finds how much attention each head and slot gets", async () => {
    const {
      experiment,
      model,
      initial: values,
      examples: sequences,
      setup,
    } = await readCase("tiny-bert", "prefix-tuning");
    const { layers } = await attentionMass({ experiment, model, labels: setup.labels, values, executor, sequences });
    expect(layers.map(({ layer }) => layer)).toEqual([1, 2, 3]);
    for (const [place, expected] of golden.deep.attention.entries()) {
      for (const part of ["heads", "slots"] as const) {
        const own = layers[place]?.[part] ?? [];
        expect(own).toHaveLength(expected[part].length);
        for (const [at, share] of expected[part].entries()) expect(own[at]).toBeCloseTo(share, 5);
      }
    }
  });

  it("finds the words nearest to each slot, and how near words lie to each other", async () => {
    const { model, initial } = await readCase("tiny-bert", "prompt-tuning");
    const slots = initial.get("prompt") ?? new Float32Array();
    const found: NearestWords | undefined = await resultOf(
      nearestWords({ model, executor, slots, start: slots, count: 3 }),
    );
    const { words } = golden.soft;
    expect(found?.slots.map(({ byDistance }) => byDistance.map(({ id }) => id))).toEqual(words.byDistance);
    expect(found?.slots.map(({ byCosine }) => byCosine.map(({ id }) => id))).toEqual(words.byCosine);
    for (const [place, slot] of (found?.slots ?? []).entries()) {
      expect(slot.byDistance[0]?.distance).toBeCloseTo(words.distance[place] ?? NaN, 6);
      expect(slot.byCosine[0]?.cosine).toBeCloseTo(words.cosine[place] ?? NaN, 6);
      expect(slot.fartherThan).toBeCloseTo(words.fartherThan[place] ?? NaN, 6);
      expect(slot.lessSimilarThan).toBeCloseTo(words.lessSimilarThan[place] ?? NaN, 6);
      expect(slot.start.moved).toBe(0);
    }
    const spread = (sorted: readonly number[]) => [sorted[0], sorted[(sorted.length - 1) / 2], sorted.at(-1)];
    for (const own of ["distance", "cosine"] as const) {
      const { [own]: values = [] } = found?.baseline ?? {};
      const expected = spread(own === "distance" ? words.wordDistance : words.wordCosine);
      for (const [at, value] of [values[0], values[3], values[6]].entries()) {
        expect(value).toBeCloseTo(expected[at] ?? NaN, 6);
      }
    }
  });

  it("leaves no memory behind", () => {
    expect(executor.allocatedBytes()).toBe(0);
  });
});

describe("tiny-gpt2 on wasm", () => {
  let executor: Executor;

  beforeAll(async () => {
    executor = await openExecutor("wasm");
  });

  afterAll(() => executor.dispose());

  it.each(["prefix-tuning", "prompt-tuning"])("gives GPT-2's own logits while nothing of %s is off", async (name) => {
    const loaded = readCaseAt(`tiny-gpt2/sequence-classification/${name}`, await fixtureModel("tiny-gpt2"));
    const [whole, ...others] = await knockedOut(loaded, executor);
    expect(logitShare(whole ?? new Float32Array(), loaded.document)).toBeLessThanOrEqual(1);
    for (const other of others) expect(logitShare(other, loaded.document)).toBeGreaterThan(10);
  });

  it("leaves the frozen model under the trained head where every deep prompt is off", async () => {
    const loaded = readCaseAt("tiny-gpt2/sequence-classification/prefix-tuning", await fixtureModel("tiny-gpt2"));
    const none = (await knockedOut(loaded, executor)).at(-1) ?? new Float32Array();
    const { experiment, model, setup, initial } = loaded;
    const bare = setUpRun(experiment, model, setup.labels, {
      change: (method) => ({ ...method, tensors: [], hooks: () => ({}) }),
    });
    const frozen = await replayLogits({ ...loaded, setup: bare, initial: headOf(initial) }, executor);
    expect(largestDifference(none, frozen)).toBeLessThan(1e-6);
  });
});
