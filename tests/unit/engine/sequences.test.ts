/** Cutting a step into sequences: the parts together are the whole, and places inside a part are its own. */
import { describe, expect, it } from "vitest";
import { padToLongest, paddedSpaceOf } from "../../../src/engine/graph/padding.ts";
import { microBatches, selectSequences, sequenceLayout, stretchesOf } from "../../../src/engine/graph/sequences.ts";
import { randomStep, SMALL, transformerGraph } from "./transformerGraph.ts";

const options = { ...SMALL, sets: 2, gated: true };
const layout = sequenceLayout(transformerGraph(options));
const lengths = [5, 3, 6, 4, 2];
const step = randomStep(options, lengths, 1);

describe("a chosen sequence", () => {
  it("has its own rows and nobody else's", () => {
    const { counts, indices, values } = selectSequences(layout, step, [2]);
    expect(counts).toEqual({ sequences: 1, tokens: 6, needed: 1 });
    expect([...(indices["tokens.word"] ?? [])]).toEqual([...(step.indices["tokens.word"] ?? [])].slice(8, 14));
    expect([...(indices["tokens.offsets"] ?? [])]).toEqual([0, 6]);
    expect([...(indices["tokens.sequence"] ?? [])]).toEqual([0, 0, 0, 0, 0, 0]);
    expect([...(indices["needed.token"] ?? [])]).toEqual([5]);
    expect([...(indices["set"] ?? [])]).toEqual([0]);
    expect(values["weights"]).toHaveLength(1);
    expect(values["gate"]).toEqual(step.values["gate"]);
  });

  it("stands where it was asked to stand", () => {
    const { indices, counts } = selectSequences(layout, step, [3, 0]);
    expect(counts).toEqual({ sequences: 2, tokens: 9, needed: 3 });
    expect([...(indices["tokens.offsets"] ?? [])]).toEqual([0, 4, 9]);
    // Sequence 3 reads its last two rows, sequence 0 its last.
    expect([...(indices["needed.token"] ?? [])]).toEqual([2, 3, 8]);
    expect([...(indices["needed.sequence"] ?? [])]).toEqual([0, 0, 1]);
  });
});

describe("micro-batches", () => {
  it("are the step itself when it is small enough", () => {
    expect(microBatches(layout, step, 5)).toEqual([step]);
  });

  it("hold every sequence once, in order", () => {
    const parts = microBatches(layout, step, 2);
    expect(parts.map(({ counts }) => counts["sequences"])).toEqual([2, 2, 1]);
    expect(parts.flatMap(({ indices }) => [...(indices["tokens.word"] ?? [])])).toEqual([
      ...(step.indices["tokens.word"] ?? []),
    ]);
    expect(parts.flatMap(({ values }) => [...(values["weights"] ?? [])])).toEqual([...(step.values["weights"] ?? [])]);
  });
});

describe("padding", () => {
  it("gives every sequence as many rows as the longest has, in sequences of their own", () => {
    const padded = padToLongest(layout, step, paddedSpaceOf(transformerGraph(options)) ?? "");
    expect(padded.counts).toEqual({ sequences: 9, tokens: 30, needed: step.counts["needed"] });
    const stretches = stretchesOf(layout, padded, "tokens");
    expect(stretches.slice(0, 5)).toEqual(stretchesOf(layout, step, "tokens"));
    expect(stretches.slice(5).map(({ count }) => count)).toEqual([1, 3, 2, 4]);
    expect(padded.indices["tokens.word"]).toHaveLength(30);
    expect(stretchesOf(layout, padded, "needed").slice(5)).toEqual(
      Array.from({ length: 4 }, () => ({ first: step.counts["needed"], count: 0 })),
    );
  });
});
