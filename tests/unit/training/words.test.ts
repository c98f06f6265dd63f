/** What the frozen model's own head says: the words at a mask, the words that come next, and answers without a method. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseExperiment, type Experiment } from "../../../src/config/experiment.ts";
import type { Executor } from "../../../src/engine/executor.ts";
import { bareExperiment } from "../../../src/training/bare.ts";
import { scoreBefore } from "../../../src/training/before.ts";
import { createPredictor, wordsAtMask } from "../../../src/training/predict.ts";
import { openExecutor } from "../../parity/executors.ts";
import { fixtureModel, labelled } from "../../parity/models.ts";
import { assertFreed } from "./support.ts";

const encoder = await fixtureModel("encoder-l4-d128");
const decoder = await fixtureModel("tiny-gpt2");
const labels = ["bad", "good"];
const input = { text: "I love this film." };
let executor: Executor;

beforeAll(async () => {
  executor = await openExecutor("wasm");
});

afterAll(() => {
  assertFreed(executor);
  executor.dispose();
});

function experimentOf(task: object, method: object = { kind: "head-only" }): Experiment {
  return parseExperiment({ task, method, training: { learningRate: 0.01, weightDecay: 0 } });
}

const words = { kind: "sequence-classification", head: "verbalizer" };

describe("the words at a mask", () => {
  it("come most probable first, and agree with the label words' own logits", async () => {
    const experiment = experimentOf(words);
    const options = { experiment, model: encoder, labels, executor };
    const [best = []] = await wordsAtMask(options, [input]);
    expect(best).toHaveLength(8);
    const shares = best.map(({ probability }) => probability);
    expect(shares).toEqual(shares.toSorted((a, b) => b - a));
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(1 + 1e-6);
    const [first, second] = best.map(({ word }) => word);
    const task = { ...words, labelWords: { bad: first, good: second } };
    const predictor = await createPredictor({ ...options, experiment: experimentOf(task) });
    const [answer] = await predictor.predict([input]);
    predictor.dispose();
    const { logits } = labelled(answer);
    // Two words' odds are the same among themselves and among all words.
    expect((logits[0] ?? 0) - (logits[1] ?? 0)).toBeCloseTo(Math.log((shares[0] ?? 0) / (shares[1] ?? 1)), 4);
  });
});

describe("the words that come next", () => {
  const predict = async (experiment: Experiment, source: string) => {
    const predictor = await createPredictor({ experiment, model: decoder, labels: [], executor });
    const [answer] = await predictor.predict([{ source }]).finally(() => predictor.dispose());
    if (answer?.kind !== "words") throw new Error("Expected words.");
    return answer.words;
  };

  it("depend on the text, and on a prompt in front of it", async () => {
    const bare = experimentOf({ kind: "causal-lm" });
    const prompted = experimentOf({ kind: "causal-lm" }, { kind: "prompt-tuning", promptLength: 2 });
    const plain = await predict(bare, "the good movie");
    expect(plain).toHaveLength(8);
    expect(await predict(bare, "the good movie")).toEqual(plain);
    expect(await predict(bare, "bad")).not.toEqual(plain);
    expect(await predict(prompted, "the good movie")).not.toEqual(plain);
  });

  it("are those after the end of a text that is too long", async () => {
    const short = { ...experimentOf({ kind: "causal-lm" }) };
    const cut = { ...short, training: { ...short.training, maxTokens: 4 } };
    const ids = decoder.tokenizer.pieces("the good movie was bad").map(({ id }) => id);
    const end = ids.slice(-4).map((id) => decoder.tokenizer.tokenText(id));
    expect(await predict(cut, "the good movie was bad")).toEqual(await predict(cut, end.join("")));
  });
});

describe("the frozen model on its own", () => {
  it("has no places for virtual tokens", () => {
    const prompt = { kind: "prompt-tuning", promptLength: 2, placement: "template" };
    const { task, method } = bareExperiment(
      experimentOf({ ...words, template: "{text} [P] It was [P] [MASK]." }, prompt),
    );
    expect(method).toEqual({ kind: "head-only" });
    expect(task).toMatchObject({ template: "{text} It was [MASK]." });
  });

  it("is scored before a run whose prompt stands in the template", async () => {
    const prompt = { kind: "prompt-tuning", promptLength: 1, placement: "template" };
    const experiment = experimentOf({ ...words, template: "{text} [P] It was [MASK]." }, prompt);
    const train = [
      { text: "I love this film.", label: "good" },
      { text: "I hate this film.", label: "bad" },
    ];
    const examples = { name: "few", train, evaluation: train };
    const scores = await scoreBefore({ experiment, model: encoder, examples, executor });
    expect(scores?.examples).toBe(2);
  });
});
