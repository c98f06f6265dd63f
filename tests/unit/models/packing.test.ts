/** Packed rows: offsets, positions, types, prompt slots and the row the head reads. */
import { describe, expect, it } from "vitest";
import { packSequences, type RowLayout } from "../../../src/models/packing.ts";
import type { Encoding } from "../../../src/models/tokenizer.ts";

function encoding(ids: readonly number[], types: readonly number[] = ids.map(() => 0)): Encoding {
  return { ids: Int32Array.from(ids), types: Int32Array.from(types), truncated: false };
}

const encodings = [encoding([2, 50, 3]), encoding([2, 60, 3, 61, 3], [0, 0, 0, 1, 1]), encoding([2, 3])];
const batch = encodings.map((each) => ({ encoding: each, needed: "pooled" as const }));
const plain: RowLayout = { promptRows: 0, promptStart: 0, positionOffset: 0, pooledRow: 0 };

/** An index input as plain numbers. */
function index(layout: RowLayout, name: string): number[] {
  const { indices } = packSequences(batch, layout);
  return [...(indices[name] ?? [])];
}

describe("without a prompt", () => {
  it.each([
    ["tokens.word", [2, 50, 3, 2, 60, 3, 61, 3, 2, 3]],
    ["tokens.position", [0, 1, 2, 0, 1, 2, 3, 4, 0, 1]],
    ["tokens.type", [0, 0, 0, 0, 0, 0, 1, 1, 0, 0]],
    ["tokens.sequence", [0, 0, 0, 1, 1, 1, 1, 1, 2, 2]],
    ["tokens.offsets", [0, 3, 8, 10]],
    ["needed.row", [0, 3, 8]],
    ["needed.offsets", [0, 1, 2, 3]],
    ["needed.sequence", [0, 1, 2]],
  ])("%s is %j", (name, expected) => {
    expect(index(plain, name)).toEqual(expected);
  });

  it("has no slots", () => {
    expect(packSequences(batch, plain).indices).not.toHaveProperty("tokens.slot");
  });

  it("counts rows, needed rows and sequences", () => {
    expect(packSequences(batch, plain).counts).toEqual({ tokens: 10, needed: 3, sequences: 3 });
  });
});

describe("behind a deep prompt of four", () => {
  const layout: RowLayout = { promptRows: 0, promptStart: 0, positionOffset: 4, pooledRow: 0 };

  it("positions start at four in every sequence", () => {
    expect(index(layout, "tokens.position")).toEqual([4, 5, 6, 4, 5, 6, 7, 8, 4, 5]);
  });

  it("no rows are added", () => {
    expect(index(layout, "tokens.offsets")).toEqual([0, 3, 8, 10]);
  });
});

describe("with a soft prompt of two rows", () => {
  const layout: RowLayout = { promptRows: 2, promptStart: 0, positionOffset: 0, pooledRow: 0 };

  it.each([
    ["tokens.slot", [0, 1, -1, -1, -1, 0, 1, -1, -1, -1, -1, -1, 0, 1, -1, -1]],
    ["tokens.word", [-1, -1, 2, 50, 3, -1, -1, 2, 60, 3, 61, 3, -1, -1, 2, 3]],
    ["tokens.position", [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3]],
    ["tokens.type", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0]],
    ["tokens.sequence", [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2]],
    ["tokens.offsets", [0, 5, 12, 16]],
    ["needed.row", [0, 5, 12]],
  ])("%s is %j", (name, expected) => {
    expect(index(layout, name)).toEqual(expected);
  });

  it("the head may read [CLS] behind the prompt", () => {
    expect(index({ ...layout, pooledRow: 2 }, "needed.row")).toEqual([2, 7, 14]);
  });
});

describe("with a soft prompt of two rows behind [CLS]", () => {
  const layout: RowLayout = { promptRows: 2, promptStart: 1, positionOffset: 0, pooledRow: 1 };

  it.each([
    ["tokens.slot", [-1, 0, 1, -1, -1, -1, 0, 1, -1, -1, -1, -1, -1, 0, 1, -1]],
    ["tokens.word", [2, -1, -1, 50, 3, 2, -1, -1, 60, 3, 61, 3, 2, -1, -1, 3]],
    ["tokens.position", [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3]],
    ["tokens.type", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0]],
    ["needed.row", [1, 6, 13]],
  ])("%s is %j", (name, expected) => {
    expect(index(layout, name)).toEqual(expected);
  });

  it("needed tokens are found on either side of it", () => {
    const sequences = [encoding([2, 60, 3])].map((each) => ({ encoding: each, needed: Int32Array.of(0, 2) }));
    expect([...(packSequences(sequences, layout).indices["needed.row"] ?? [])]).toEqual([0, 4]);
  });
});

describe("several needed rows per sequence", () => {
  const [first, second, third] = encodings.map((each, index) => ({
    encoding: each,
    needed: [Int32Array.of(1), Int32Array.of(0, 1, 3), new Int32Array()][index] ?? new Int32Array(),
  }));
  const sequences = [first, second, third].flatMap((each) => each ?? []);

  it.each([
    [plain, [1, 3, 4, 6]],
    [{ promptRows: 2, promptStart: 0, positionOffset: 0, pooledRow: 0 }, [3, 7, 8, 10]],
  ])("stand behind the rows in front of them: %j", (layout, rows) => {
    const { indices, counts } = packSequences(sequences, layout);
    expect([...(indices["needed.row"] ?? [])]).toEqual(rows);
    expect([...(indices["needed.offsets"] ?? [])]).toEqual([0, 1, 4, 4]);
    expect([...(indices["needed.sequence"] ?? [])]).toEqual([0, 1, 1, 1]);
    expect(counts["needed"]).toBe(4);
  });
});

describe("labels and weights", () => {
  it("come along when given", () => {
    const targets = {
      space: "needed" as const,
      labels: Int32Array.of(1, 0, 2),
      weights: Float32Array.of(0.5, 0.25, 0.25),
    };
    const { indices, values } = packSequences(batch, plain, targets);
    expect(indices["needed.label"]).toEqual(targets.labels);
    expect(values["needed.weight"]).toEqual(targets.weights);
  });

  it("belong to sequences where a task says so", () => {
    const targets = {
      space: "sequences" as const,
      labels: Int32Array.of(1, 2, 0, 0, 1, 1),
      weights: new Float32Array(6).fill(1 / 6),
    };
    const { indices, values } = packSequences(batch, plain, targets);
    expect(indices["sequences.label"]).toEqual(targets.labels);
    expect(values["sequences.weight"]).toEqual(targets.weights);
  });

  it("are left out otherwise", () => {
    const { indices, values } = packSequences(batch, plain);
    expect(indices).not.toHaveProperty("needed.label");
    expect(values).toEqual({});
  });
});

it("packs an empty batch", () => {
  expect(packSequences([], plain).counts).toEqual({ tokens: 0, needed: 0, sequences: 0 });
});
