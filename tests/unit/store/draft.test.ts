/** The draft: a method's defaults plus what was touched. */
import { describe, expect, it } from "vitest";
import { defaultExperiment } from "../../../src/config/experiment.ts";
import { buildDraft, changeDraft, differencesFromDefault, draftOf, type Draft } from "../../../src/store/draft.ts";

function changed(draft: Draft, path: string, value: unknown): Draft {
  const next = changeDraft(draft, path, value);
  if (typeof next === "string") throw new Error(next);
  return next;
}

describe("draft", () => {
  it("is the method's defaults when nothing is touched", () => {
    expect(buildDraft("prompt-tuning", {}).experiment).toEqual(defaultExperiment("prompt-tuning"));
  });

  it("lets the learning rate follow the method until it is touched", () => {
    const deep = buildDraft("prefix-tuning", {});
    const full = buildDraft("full-fine-tuning", deep.touched);
    expect(full.experiment.training.learningRate).toBe(defaultExperiment("full-fine-tuning").training.learningRate);
    expect(full.experiment.training.learningRate).not.toBe(deep.experiment.training.learningRate);

    const touched = changed(deep, "training.learningRate", 0.123);
    expect(buildDraft("full-fine-tuning", touched.touched).experiment.training.learningRate).toBe(0.123);
  });

  it("keeps a prompt length through a method that has none", () => {
    const deep = changed(buildDraft("prefix-tuning", {}), "method.promptLength", 64);
    const head = buildDraft("head-only", deep.touched);
    expect(head.experiment.method).toEqual({ kind: "head-only" });
    expect(buildDraft("prompt-tuning", head.touched).experiment.method).toMatchObject({ promptLength: 64 });
  });

  it("refuses a value outside the limits and says why", () => {
    const draft = buildDraft("prefix-tuning", {});
    expect(changeDraft(draft, "method.promptLength", 0)).toBe("Expected at least 1, got 0.");
    expect(changeDraft(draft, "method.promptLength", 129)).toBe("Expected at most 128, got 129.");
    expect(changeDraft(draft, "training.learningRate", 0)).toBe("Expected more than 0, got 0.");
    expect(changeDraft(draft, "training.schedule", "sideways")).toMatch(/"linear".*got "sideways"/);
  });

  it("does not change the draft it started from", () => {
    const draft = buildDraft("prefix-tuning", {});
    changed(draft, "training.steps", 7);
    expect(draft.experiment.training.steps).toBe(defaultExperiment("prefix-tuning").training.steps);
  });

  it("ignores remembered values that are no longer allowed", () => {
    const draft = buildDraft("prefix-tuning", { "training.steps": -5, "training.batchSize": 8, "no.such": 1 });
    expect(draft.experiment.training).toMatchObject({ steps: 160, batchSize: 8 });
  });

  it("treats data as one value", () => {
    const own = changed(buildDraft("prefix-tuning", {}), "data", { kind: "own", name: "mine.csv" });
    expect(own.experiment.data).toEqual({ kind: "own", name: "mine.csv" });
    expect(differencesFromDefault(own.experiment)).toEqual({ data: { kind: "own", name: "mine.csv" } });
  });

  it("restores any experiment as defaults plus differences", () => {
    const base = defaultExperiment("prefix-tuning");
    const experiment = { ...base, seed: 9, seeds: 3 as const, examplesPerClass: 4 };
    const draft = draftOf(experiment);
    expect(draft.experiment).toEqual(experiment);
    expect(Object.keys(draft.touched).sort()).toEqual(["examplesPerClass", "seed", "seeds"]);
  });
});

describe("the task", () => {
  it("follows a built-in set that the one before cannot serve, with its longest text", () => {
    const draft = changed(buildDraft("prefix-tuning", {}), "data", { kind: "built-in", id: "questions" });
    expect(draft.task).toBe("question-answering");
    expect(draft.experiment.training.maxTokens).toBe(192);
    const back = changed(draft, "data", { kind: "built-in", id: "sentiment" });
    expect(back.experiment.task).toEqual(defaultExperiment().task);
    expect(back.experiment.training.maxTokens).toBe(64);
  });

  it("stays where the data serves it too", () => {
    const draft = buildDraft("prefix-tuning", {}, "causal-lm");
    expect(changed(draft, "data", { kind: "built-in", id: "topic" }).task).toBe("causal-lm");
    expect(changed(draft, "data", { kind: "own", name: "mine.csv" }).task).toBe("causal-lm");
  });

  it("keeps template and label words for the way back", () => {
    const words = changed(buildDraft("prefix-tuning", {}), "task.head", "verbalizer");
    const named = changed(words, "task.labelWords", { positive: "good" });
    const tags = changed(named, "data", { kind: "built-in", id: "entities" });
    const back = changed(tags, "data", { kind: "built-in", id: "sentiment" });
    expect(back.experiment.task).toMatchObject({ head: "verbalizer", labelWords: { positive: "good" } });
  });
});
