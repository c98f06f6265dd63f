/** Where prompts and heads start, and that every start comes from the seed. */
import { describe, expect, it } from "vitest";
import { parseExperiment } from "../../../src/config/experiment.ts";
import { deviation, mean } from "../../../src/lib/statistics.ts";
import { initialValues, setUpRun } from "../../../src/training/setup.ts";
import { fixtureModel } from "../../parity/models.ts";

const tiny = await fixtureModel("tiny-bert");
const builtIn = await fixtureModel("encoder-l4-d128");

function startOf(method: object, seed = 1, model = tiny): Map<string, Float32Array> {
  const experiment = parseExperiment({ method, training: { learningRate: 0.01, weightDecay: 0 } });
  return initialValues(model, setUpRun(experiment, model, 3), seed);
}

function valuesOf(start: ReadonlyMap<string, Float32Array>, name: string): Float32Array {
  const values = start.get(name);
  if (values === undefined) throw new Error(`Nothing starts "${name}"; there are ${[...start.keys()].join(", ")}.`);
  return values;
}

/** Rows of a [P, 21] tensor of tiny-bert. */
function rowsOf(values: Float32Array): number[][] {
  return Array.from({ length: values.length / 21 }, (_, row) => Array.from(values.subarray(row * 21, (row + 1) * 21)));
}

const words = rowsOf(valuesOf(tiny.weights, tiny.family.wordEmbeddings));

/** Vocabulary ids of prompt rows; −1 where a row is no word vector. */
function idsOf(values: Float32Array): number[] {
  return rowsOf(values).map((row) => words.findIndex((word) => word.every((value, column) => value === row[column])));
}

describe("a random start", () => {
  it.each([
    [{ kind: "prefix-tuning", promptLength: 100, initialScale: 0.02 }, "prefix", 0.02],
    [{ kind: "prefix-tuning", promptLength: 100, initialScale: 1 }, "prefix", 1],
    [{ kind: "prompt-tuning", promptLength: 128, initialisation: "random", initialScale: 0.5 }, "prompt", 0.5],
  ])("of %j is normal with that standard deviation", (method, name, scale) => {
    const values = [...valuesOf(startOf(method), name)];
    expect(Math.abs(mean(values))).toBeLessThan(0.1 * scale);
    expect(deviation(values) / scale).toBeCloseTo(1, 1);
  });

  it("of scale zero is zero", () => {
    const values = valuesOf(startOf({ kind: "prefix-tuning", initialScale: 0 }), "prefix");
    expect(values.every((value) => value === 0)).toBe(true);
  });

  it("of a reparameterisation network has random weights and zero biases", () => {
    const start = startOf({ kind: "prefix-tuning", reparameterisation: "mlp", hiddenSize: 64, initialScale: 0.1 });
    for (const name of ["prefix.embedding", "prefix.mlp.0.weight", "prefix.mlp.2.weight"]) {
      expect(deviation([...valuesOf(start, name)])).toBeCloseTo(0.1, 1);
    }
    for (const name of ["prefix.mlp.0.bias", "prefix.mlp.2.bias"]) {
      expect(valuesOf(start, name).every((value) => value === 0)).toBe(true);
    }
  });
});

describe("a start from the vocabulary", () => {
  const method = { kind: "prompt-tuning", promptLength: 20, initialisation: "vocabulary" };

  it("takes word vectors, each word once", () => {
    const ids = idsOf(valuesOf(startOf(method), "prompt"));
    expect(ids).not.toContain(-1);
    expect(new Set(ids).size).toBe(20);
  });

  it("repeats words when the prompt is longer than the vocabulary", () => {
    const ids = idsOf(valuesOf(startOf({ ...method, promptLength: 120 }), "prompt"));
    expect(ids).not.toContain(-1);
    expect(new Set(ids).size).toBe(97);
  });
});

describe("a start from a text", () => {
  const method = { kind: "prompt-tuning", initialisation: "text", initialText: "Good or bad?" };
  const ids = tiny.tokenizer.pieces("Good or bad?").map(({ id }) => id);

  it("takes the word vectors of its tokens", () => {
    expect(idsOf(valuesOf(startOf({ ...method, promptLength: 4 }), "prompt"))).toEqual(ids);
  });

  it("repeats the text when it is shorter than the prompt", () => {
    expect(idsOf(valuesOf(startOf({ ...method, promptLength: 10 }), "prompt"))).toEqual([
      ...ids,
      ...ids,
      ...ids.slice(0, 2),
    ]);
  });

  it("takes only its beginning when it is longer", () => {
    expect(idsOf(valuesOf(startOf({ ...method, promptLength: 2 }), "prompt"))).toEqual(ids.slice(0, 2));
  });

  it.each(["", "   "])("that is empty (%j) is refused with advice", (initialText) => {
    expect(() => startOf({ ...method, initialText })).toThrow("the text is empty. Type one");
  });
});

describe("the head", () => {
  it("starts at N(0, 0.02²) with zero bias, as transformers' classifier does", () => {
    const start = startOf({ kind: "head-only" }, 1, builtIn);
    expect(deviation([...valuesOf(start, "classifier.weight")])).toBeCloseTo(0.02, 2);
    expect(valuesOf(start, "classifier.bias").every((value) => value === 0)).toBe(true);
  });

  it("starts the same whatever the prompt", () => {
    const heads = [{ kind: "head-only" }, { kind: "prefix-tuning" }, { kind: "prompt-tuning" }].map((method) =>
      valuesOf(startOf(method), "classifier.weight"),
    );
    expect(heads[1]).toEqual(heads[0]);
    expect(heads[2]).toEqual(heads[0]);
  });
});

describe("full fine-tuning", () => {
  it("starts from the model's own weights", () => {
    const start = startOf({ kind: "full-fine-tuning" });
    for (const [name, values] of tiny.weights) expect(valuesOf(start, name)).toEqual(values);
  });
});

describe("the seed", () => {
  const method = { kind: "prompt-tuning", promptLength: 6 };

  it("gives the same start again", () => {
    expect(startOf(method, 4)).toEqual(startOf(method, 4));
  });

  it("gives another start when it is another", () => {
    expect(startOf(method, 5).get("prompt")).not.toEqual(startOf(method, 4).get("prompt"));
    expect(startOf(method, 5).get("classifier.weight")).not.toEqual(startOf(method, 4).get("classifier.weight"));
  });
});
