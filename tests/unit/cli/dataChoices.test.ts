/** Several data sets on one command line: which files and tasks belong together, and what they become in the experiment. */
import { describe, expect, it } from "vitest";
import { experimentOf, readTrainArguments } from "../../../src/cli/arguments.ts";

const read = (line: string) => readTrainArguments(line.split(" "));

describe("data sets on the command line", () => {
  it("are one, with nothing further", () => {
    expect(read("--data topic")).toEqual({ data: "topic", others: [] });
    expect(experimentOf(read("--data topic")).multiTask.others).toEqual([]);
  });

  it("share a prompt when there are several built-in ones, each with the task it is made for", () => {
    const values = read("--data entities --data topic --continue-steps 20 --continue-head fresh");
    const { data, task, multiTask } = experimentOf(values, {}, "token-classification", ["sequence-classification"]);
    expect(data).toEqual({ kind: "built-in", id: "entities" });
    expect(task.kind).toBe("token-classification");
    expect(multiTask).toMatchObject({
      others: [{ data: { kind: "built-in", id: "topic" }, task: { kind: "sequence-classification", head: "linear" } }],
      sampling: "proportional",
      continueSteps: 20,
      continueHead: "fresh",
    });
  });

  it("keep files and tasks in their order, or one task for all", () => {
    const tasks = "--task token-classification --task question-answering";
    const values = read(`--train a.jsonl --eval a-dev.jsonl --train b.json --eval b-dev.json ${tasks}`);
    expect(values).toMatchObject({ train: "a.jsonl", eval: "a-dev.jsonl", task: "token-classification" });
    expect(values.others).toEqual([{ train: "b.json", eval: "b-dev.json", task: "question-answering" }]);
    expect(read("--train a --train b --task token-classification").others).toEqual([
      { train: "b", task: "token-classification" },
    ]);
  });

  it.each([
    ["--data topic --train a.jsonl", "either --data or --train"],
    ["--train a --train b --eval c", "one --eval for each of the 2 --train"],
    ["--train a --train b --train c --task causal-lm --task causal-lm", "one for each of the 3 data sets, got 2"],
  ])("%s is refused", (line, message) => {
    expect(() => read(line)).toThrow(message);
  });
});
