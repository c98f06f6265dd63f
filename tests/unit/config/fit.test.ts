/** Which methods, tasks, heads and models go together, and what is said about those that do not. */
import { describe, expect, it } from "vitest";
import { builtInSets, tasksFor } from "../../../src/config/dataSets.ts";
import { defaultTask } from "../../../src/config/experiment.ts";
import { fittingMethods, methodMisfit, misfit } from "../../../src/config/fit.ts";
import { methodKinds } from "../../../src/methods/index.schema.ts";
import { taskKinds, taskSchema } from "../../../src/tasks/index.schema.ts";
import { taskMisfit } from "../../../src/tasks/taskFit.schema.ts";

const bert = { id: "encoder", family: "bert", causal: false, languageModel: true };
const gpt2 = { id: "decoder", family: "gpt2", causal: true, languageModel: true };
const labelWords = taskSchema.parse({ kind: "sequence-classification", head: "verbalizer" });

describe("a task", () => {
  it.each([
    ["token-classification", gpt2, /see both sides, such as bert, for token classification; gpt2 sees only/],
    [
      "question-answering",
      gpt2,
      /see both sides.*choose a task that fits this one: sequence-classification, causal-lm\./,
    ],
    [
      "causal-lm",
      bert,
      /Expected a causal model such as gpt2.*fits this one: sequence-classification, token-classification/,
    ],
  ] as const)("%s does not fit every model", (kind, model, message) => {
    expect(taskMisfit(defaultTask(kind), model)).toMatch(message);
  });

  it("fits the models it was made for", () => {
    for (const kind of taskKinds) {
      expect(taskMisfit(defaultTask(kind), kind === "causal-lm" ? gpt2 : bert)).toBeUndefined();
    }
  });

  it("needs a head that predicts words in a gap for label words", () => {
    expect(taskMisfit(labelWords, { ...bert, languageModel: false })).toMatch(
      /"encoder" has none\. Choose the linear head/,
    );
    expect(taskMisfit(labelWords, gpt2)).toMatch(/"decoder" has none/);
    expect(taskMisfit(labelWords, bert)).toBeUndefined();
  });
});

describe("a method", () => {
  it("that trains nothing needs label words, and is told which others fit", () => {
    expect(methodMisfit("discrete-prompt", defaultTask("sequence-classification"))).toMatch(
      /Choose the verbalizer head\. Methods that fit: prefix-tuning, prompt-tuning/,
    );
    expect(methodMisfit("discrete-prompt", defaultTask("token-classification"))).toMatch(
      /only classifying texts offers/,
    );
    expect(methodMisfit("discrete-prompt", labelWords)).toBeUndefined();
  });

  it("that trains a head needs a task that has one", () => {
    for (const task of [labelWords, defaultTask("causal-lm")]) {
      expect(methodMisfit("head-only", task)).toMatch(/Nothing would be trained/);
      expect(fittingMethods(task)).not.toContain("head-only");
    }
    expect(methodMisfit("head-only", defaultTask("question-answering"))).toBeUndefined();
  });

  it("is told of the model first", () => {
    expect(misfit("discrete-prompt", defaultTask("question-answering"), gpt2)).toMatch(/gpt2 sees only/);
    expect(misfit("prefix-tuning", defaultTask("question-answering"), bert)).toBeUndefined();
  });

  it("other than these fits every task", () => {
    const others = methodKinds.filter((kind) => kind !== "discrete-prompt" && kind !== "head-only");
    for (const kind of taskKinds) expect(fittingMethods(defaultTask(kind))).toEqual(expect.arrayContaining(others));
  });
});

it.each(Object.entries(builtInSets))(
  "the built-in set %s serves the task it was made for first",
  (_, { task, input }) => {
    expect(tasksFor(input)[0]).toBe(task);
  },
);
