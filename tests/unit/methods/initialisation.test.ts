/** Where prompts and heads start, and that every start comes from the seed. */
import { describe, expect, it } from "vitest";
import { parseExperiment } from "../../../src/config/experiment.ts";
import { deviation, mean } from "../../../src/lib/statistics.ts";
import { initialValues, setUpRun } from "../../../src/training/setup.ts";
import { fixtureModel, labelNames } from "../../parity/models.ts";

const tiny = await fixtureModel("tiny-bert");
const builtIn = await fixtureModel("encoder-l4-d128");

function startOf(method: object, seed = 1, model = tiny): Map<string, Float32Array> {
  const experiment = parseExperiment({ method, training: { learningRate: 0.01, weightDecay: 0 } });
  return initialValues(model, setUpRun(experiment, model, labelNames(3)), seed);
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

describe("a uniform start", () => {
  it("fills the whole range and nothing outside it", () => {
    const method = { kind: "prompt-tuning", promptLength: 128, initialisation: "uniform", initialScale: 0.5 };
    const values = [...valuesOf(startOf(method), "prompt")];
    expect(Math.max(...values)).toBeLessThan(0.5);
    expect(Math.max(...values)).toBeGreaterThan(0.49);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-0.5);
    expect(Math.min(...values)).toBeLessThan(-0.49);
    expect(deviation(values)).toBeCloseTo(0.5 / Math.sqrt(3), 1);
  });
});

describe("a start from zeros", () => {
  it("is zero in every prompted layer", () => {
    const values = valuesOf(startOf({ kind: "prefix-tuning", initialisation: "zero" }), "prefix");
    expect(values.every((value) => value === 0)).toBe(true);
  });

  it("is refused for a network, which could then never learn", () => {
    const method = { kind: "prefix-tuning", initialisation: "zero", reparameterisation: "mlp" };
    expect(() => startOf(method)).toThrow("can only start from normal random numbers");
  });
});

describe("a start from the labels", () => {
  const start = (promptLength: number): Float32Array => {
    const method = { kind: "prompt-tuning", promptLength, initialisation: "labels" };
    const training = { learningRate: 0.01, weightDecay: 0 };
    const setup = setUpRun(parseExperiment({ method, training }), tiny, ["good", "slowly"]);
    return valuesOf(initialValues(tiny, setup, 1), "prompt");
  };

  it("takes the word of a label, and the mean of several pieces", () => {
    const [first, second] = rowsOf(start(2));
    const ids = tiny.tokenizer.pieces("slowly").map(({ id }) => id);
    const [stem, ending] = ids.map((id) => words[id] ?? []);
    expect(ids).toHaveLength(2);
    expect(first).toEqual(words[tiny.tokenizer.pieces("good")[0]?.id ?? -1]);
    expect(second).toEqual(stem?.map((value, column) => Math.fround((value + (ending?.[column] ?? NaN)) / 2)));
  });

  it("fills the other slots with words, and leaves labels out that have no slot", () => {
    expect(idsOf(start(6)).slice(2)).not.toContain(-1);
    expect(rowsOf(start(1))).toHaveLength(1);
  });
});

describe("low-rank updates", () => {
  const start = startOf({ kind: "lora", rank: 64, targets: ["query", "output"] });

  it("start with A uniform in ±1/√inputs and B at zero", () => {
    for (const [name, inputs] of [
      ["lora.0.query.A", 21],
      ["lora.2.output.A", 37],
    ] as const) {
      const values = [...valuesOf(start, name)];
      expect(Math.max(...values.map(Math.abs)) * Math.sqrt(inputs)).toBeCloseTo(1, 1);
      expect(deviation(values) * Math.sqrt(3 * inputs)).toBeCloseTo(1, 1);
    }
    expect(valuesOf(start, "lora.1.query.B").every((value) => value === 0)).toBe(true);
  });
});

describe("adapters", () => {
  it("start near nothing, with zero biases", () => {
    const start = startOf({ kind: "adapters", bottleneck: 64, initialScale: 0.01 });
    expect(deviation([...valuesOf(start, "adapter.1.attention.down.weight")])).toBeCloseTo(0.01, 3);
    expect(valuesOf(start, "adapter.1.feed-forward.up.bias").every((value) => value === 0)).toBe(true);
  });
});

describe("a prompt encoder", () => {
  it("starts as torch starts its modules", () => {
    const start = startOf({ kind: "p-tuning", promptLength: 100, hiddenSize: 16 });
    expect(deviation([...valuesOf(start, "prompt.embedding")])).toBeCloseTo(1, 1);
    for (const [name, bound] of [
      ["prompt.lstm.0.forward.input.weight", 1 / 4],
      ["prompt.lstm.1.backward.state.bias", 1 / 4],
      ["prompt.mlp.0.weight", 1 / Math.sqrt(32)],
      ["prompt.mlp.2.bias", 1 / Math.sqrt(32)],
    ] as const) {
      const largest = Math.max(...[...valuesOf(start, name)].map(Math.abs)) / bound;
      expect(largest).toBeLessThanOrEqual(1);
      expect(largest).toBeGreaterThan(0.8);
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

describe("methods that train some weights", () => {
  it.each([
    [{ kind: "bitfit" }, (name: string) => name.endsWith(".bias")],
    [
      { kind: "bitfit", biases: "query-and-intermediate" },
      (name: string) => /(?:query|intermediate\.dense)\.bias$/.test(name),
    ],
    [{ kind: "top-layers", topLayers: 2 }, (name: string) => /^(?:encoder\.layer\.[12]\.|pooler)/.test(name)],
    [
      { kind: "adapters", layerNorms: "trained" },
      (name: string) => name.startsWith("encoder.") && name.includes("LayerNorm"),
    ],
  ])("%j start from the model's own, and from no others", (method, chosen) => {
    const start = startOf(method);
    const own = [...start.keys()].filter((name) => tiny.weights.has(name));
    expect(own.toSorted()).toEqual([...tiny.weights.keys()].filter(chosen).toSorted());
    for (const name of own) expect(valuesOf(start, name)).toEqual(tiny.weights.get(name));
  });

  it("refuse to train more layers than there are", () => {
    expect(() => startOf({ kind: "top-layers", topLayers: 4 })).toThrow("Expected at most 3 trained layers");
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
