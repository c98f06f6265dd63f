/** Virtual tokens taken out of a packed step, compared with packing the text alone. */
import { expect, it } from "vitest";
import type { EncodedSequence } from "../../../src/tasks/task.ts";
import { packSequences, type RowLayout } from "../../../src/models/packing.ts";
import { withoutSlots } from "../../../src/training/inspect/switchedOff.ts";

const sequences = [
  [2, 7, 3],
  [2, 8, 9, 3],
].map((ids): EncodedSequence => ({
  encoding: { ids: Int32Array.from(ids), types: Int32Array.from(ids, (_, at) => (at > 1 ? 1 : 0)), truncated: false },
  needed: "pooled",
  labels: Int32Array.of(0),
}));

it("keeps positions behind a prompt in front, and reads [CLS] where the head read the first slot", () => {
  const layout: RowLayout = { promptRows: 2, promptStart: 0, positionOffset: 0, pooledRow: 0 };
  const { counts, indices } = withoutSlots(packSequences(sequences, layout));
  const alone = packSequences(sequences, { promptRows: 0, promptStart: 0, positionOffset: 2, pooledRow: 0 });
  expect(counts).toEqual(alone.counts);
  for (const [name, column] of Object.entries(alone.indices)) expect(indices[name]).toEqual(column);
  expect(indices["tokens.slot"]).toEqual(new Int32Array(7).fill(-1));
  expect([...(indices["tokens.position"] ?? [])]).toEqual([2, 3, 4, 2, 3, 4, 5]);
});

it("leaves a gap in the positions where slots stood behind [CLS]", () => {
  const layout: RowLayout = { promptRows: 2, promptStart: 1, positionOffset: 0, pooledRow: 0 };
  const { indices } = withoutSlots(packSequences(sequences, layout));
  expect([...(indices["tokens.word"] ?? [])]).toEqual([2, 7, 3, 2, 8, 9, 3]);
  expect([...(indices["tokens.position"] ?? [])]).toEqual([0, 3, 4, 0, 3, 4, 5]);
  expect([...(indices["needed.row"] ?? [])]).toEqual([0, 3]);
  expect([...(indices["tokens.offsets"] ?? [])]).toEqual([0, 3, 7]);
});

it("changes nothing where there are no slots", () => {
  const step = packSequences(sequences, { promptRows: 0, promptStart: 0, positionOffset: 4, pooledRow: 0 });
  expect(withoutSlots(step)).toBe(step);
});
