/** Language modelling: which tokens are labels, what is cut, and figures worked out by hand. */
import { describe, expect, it } from "vitest";
import type { ContinuationExample } from "../../../src/lib/examples/example.ts";
import {
  bindCausalLanguageModel,
  languageSequence,
  scoreContinuations,
} from "../../../src/tasks/causalLanguageModel.ts";
import { bindTask } from "../../../src/tasks/index.ts";
import { fixtureModel } from "../../parity/models.ts";

const model = await fixtureModel("tiny-gpt2");
const { tokenizer } = model;
const task = bindCausalLanguageModel(model);
const end = tokenizer.endId ?? -1;
const ids = (text: string): number[] => tokenizer.pieces(text).map(({ id }) => id);

function sequenceOf(example: ContinuationExample, budget = 64) {
  const [sequence] = task.encode([example], { labels: [], budget }).sequences;
  if (sequence === undefined) throw new Error("One example is one sequence.");
  const { encoding, needed, labels } = sequence;
  if (needed === "pooled") throw new Error("A language model names its rows.");
  return { encoding, ids: [...encoding.ids], rows: [...needed], labels: [...labels] };
}

describe("the labels of an example", () => {
  it("are all tokens of a text alone but its first, and its end", () => {
    const text = ids("the good movie");
    const { ids: fed, rows, labels } = sequenceOf({ source: "", target: "the good movie" });
    expect(fed).toEqual(text);
    expect(labels).toEqual([...text.slice(1), end]);
    expect(rows).toEqual([...text.keys()]);
  });

  it("are the target and its end behind a source, each read from the row before it", () => {
    const [source, target] = [ids("good"), ids(" bad movie")];
    const { ids: fed, rows, labels } = sequenceOf({ source: "good", target: "bad movie" });
    expect(fed).toEqual([...source, end, ...target]);
    expect(labels).toEqual([...target, end]);
    expect(rows).toEqual(labels.map((_, place) => source.length + place));
  });

  it("never need a row for the last token", () => {
    expect(languageSequence([5, 6, 7], 1)).toMatchObject({
      encoding: { ids: Int32Array.of(5, 6) },
      needed: Int32Array.of(0, 1),
      labels: Int32Array.of(6, 7),
    });
  });

  it("are cut with their source so that rows fit the budget", () => {
    const example = { source: "the good movie and the bad movie", target: "the movie is good and the movie is bad" };
    const { encoding, ids: fed, labels } = sequenceOf(example, 9);
    expect(fed).toHaveLength(9);
    expect(encoding.truncated).toBe(true);
    expect(labels.at(-1)).toBe(end);
  });

  it("must be there", () => {
    expect(() => sequenceOf({ source: "", target: "" })).toThrow("Example 1 has nothing to predict");
  });
});

describe("the task", () => {
  it("takes a labelled text as a text alone", () => {
    const [labelled] = task.encode([{ text: "the good movie", label: "fine" }], { labels: [], budget: 64 }).sequences;
    const [alone] = task.encode([{ source: "", target: "the good movie" }], { labels: [], budget: 64 }).sequences;
    expect(labelled).toEqual(alone);
  });

  it("refuses examples of another shape", () => {
    const examples = [{ tokens: ["a", "film"], tags: ["O", "O"] }];
    expect(() => task.encode(examples, { labels: [], budget: 8 })).toThrow(
      "This task reads texts, or sources with targets",
    );
  });

  it("refuses an encoder", async () => {
    const encoder = await fixtureModel("tiny-bert");
    expect(() => bindTask({ kind: "causal-lm" }, encoder)).toThrow(
      "Expected a causal model such as gpt2 to continue texts, got bert",
    );
  });

  it("knows how well the most frequent token does", () => {
    const evaluation = [{ source: "", target: "aab" }];
    expect(task.baseline([], evaluation, [])).toEqual({ name: "most frequent token", score: 1 / 3 });
  });
});

it("means losses over tokens and accuracy over tokens and texts", () => {
  const scores = scoreContinuations([Float32Array.of(1, 1, 3, 0), Float32Array.of(0.5, 1), Float32Array.of(1.5, 0)]);
  expect(scores).toMatchObject({ accuracy: 0.5, loss: 1.5, examples: 3, figures: { tokens: 4 } });
  expect(scores.macroF1).toBeCloseTo((0.5 + 1 + 0) / 3, 12);
  expect(scores.figures["perplexity"]).toBeCloseTo(Math.exp(1.5), 12);
  expect(scores.interval[0]).toBeLessThan(0.5);
});
