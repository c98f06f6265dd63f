/** Share links: everything that differs from the defaults, always the seed, and a clear word about broken ones. */
import { describe, expect, it } from "vitest";
import { defaultExperiment, parseExperiment, type Experiment } from "../../../src/config/experiment.ts";
import { methodKinds } from "../../../src/methods/index.schema.ts";
import { taskKinds } from "../../../src/tasks/index.schema.ts";
import { decodeLink, encodeLink, encodeSweepLink } from "../../../src/store/shareLink.ts";

function roundTrip(experiment: Experiment): Experiment {
  const content = decodeLink(`#${encodeLink(experiment)}`);
  if (content.kind !== "experiment") throw new Error(JSON.stringify(content));
  return content.experiment;
}

describe("share link", () => {
  it.each(methodKinds)("carries only method and seed for the defaults of %s", (kind) => {
    expect(encodeLink(defaultExperiment(kind))).toBe(`method=${kind}&seed=1`);
    expect(roundTrip(defaultExperiment(kind))).toEqual(defaultExperiment(kind));
  });

  it("carries layers, words, null and own data through", () => {
    const base = defaultExperiment("prompt-tuning");
    const soft = parseExperiment({
      ...base,
      method: { ...base.method, initialisation: "text", initialText: "12 & good = bad #1" },
      data: { kind: "own", name: "my reviews: final.csv" },
      examplesPerClass: 8,
      seed: 77,
    });
    expect(roundTrip(soft)).toEqual(soft);
    const deepBase = defaultExperiment("prefix-tuning");
    const deep = parseExperiment({ ...deepBase, method: { ...deepBase.method, layers: [2, 4] } });
    expect(roundTrip(deep)).toEqual(deep);
  });

  it("does not mistake a text that looks like a number for one", () => {
    const base = defaultExperiment("prompt-tuning");
    const experiment = parseExperiment({ ...base, method: { ...base.method, initialText: "2024" } });
    expect(roundTrip(experiment)).toEqual(experiment);
  });

  it("carries a sweep over the experiment, and says when it is damaged", () => {
    const experiment = defaultExperiment("prefix-tuning");
    const sweep = { axes: [{ field: "method.layers", values: ["top half", [1, 3]] }], seeds: [1, 2] };
    const link = encodeSweepLink(experiment, sweep);
    expect(decodeLink(`#${link}`)).toMatchObject({ kind: "experiment", experiment, sweep });
    expect(decodeLink(`#${link.slice(0, -9)}`)).toMatchObject({
      kind: "broken",
      message: expect.stringContaining("Its sweep cannot be used"),
    });
  });

  it("carries task, head, template and label words through", () => {
    const base = defaultExperiment("prompt-tuning");
    const task = {
      kind: "sequence-classification",
      head: "verbalizer",
      template: "{text} & so it was = [MASK]?",
      labelWords: { negative: "bad", positive: "good" },
    };
    const words = parseExperiment({ ...base, task });
    expect(roundTrip(words)).toEqual(words);
    for (const kind of taskKinds) {
      const other = defaultExperiment("prefix-tuning", kind);
      expect(roundTrip({ ...other, data: { kind: "own", name: "mine" } }).task).toEqual(other.task);
    }
  });

  it("takes the task from a built-in set when it names none", () => {
    const content = decodeLink("#method=prefix-tuning&seed=1&data=questions");
    expect(content.kind === "experiment" ? content.experiment.task.kind : "").toBe("question-answering");
  });

  it("finds nothing in an empty hash", () => {
    expect(decodeLink("")).toEqual({ kind: "none" });
    expect(decodeLink("#")).toEqual({ kind: "none" });
  });

  it.each([
    ["#method=telepathy&seed=1", /telepathy.*prefix-tuning/],
    ["#seed=1", /missing/],
    ["#method=prefix-tuning", /no seed/],
    ["#method=prefix-tuning&seed=1&method.promptLength=9999", /method\.promptLength/],
    ["#method=prefix-tuning&seed=1&training.magic=1", /magic/],
    ["#method=prefix-tuning&seed=1&__proto__.x=1", /not the name of a setting/],
    ["#garbage%%%", /missing/],
    ["#method=prefix-tuning&seed=1&task=telepathy", /task is "telepathy"; expected one of sequence-classification/],
  ])("says what is wrong with %s", (hash, expected) => {
    const content = decodeLink(hash);
    expect(content.kind).toBe("broken");
    expect(content.kind === "broken" ? content.message : "").toMatch(expected);
  });
});
