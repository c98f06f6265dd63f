/** What a soft prompt of a causal model costs as a trunk of its own, counted on the graph. That it is the same: `caseChecks.ts`. */
import { expect, it } from "vitest";
import { graphCosts } from "../../src/engine/graph/costs.ts";
import { casesOf } from "./cases.ts";
import { fixtureModel } from "./models.ts";
import { readCaseAt } from "./replay.ts";

const model = await fixtureModel("tiny-gpt2");
const softPrompts = casesOf("tiny-gpt2").filter(({ method }) => method === "prompt-tuning");

it.each(softPrompts.map(({ path }) => path))("a trunk takes the rows of %s out of every sequence", (path) => {
  const [shared, repeated] = [true, false].map((promptTrunk) => {
    const { setup, examples } = readCaseAt(path, model, { promptTrunk });
    const { counts } = setup.pack(examples, true);
    return { rows: counts["tokens"] ?? 0, flops: graphCosts(setup.trainingGraph, counts).flops, examples };
  });
  const promptRows = 5;
  expect((repeated?.rows ?? 0) - (shared?.rows ?? 0)).toBe(promptRows * (shared?.examples.length ?? 0));
  expect((shared?.flops ?? 0) / (repeated?.flops ?? 0)).toBeLessThan(0.85);
});
