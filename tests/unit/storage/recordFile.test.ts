/** Run records as JSON: what is written is read back, older records too. */
import { expect, it } from "vitest";
import { parseExperiment } from "../../../src/config/experiment.ts";
import { decodeRecord, encodeRecord } from "../../../src/storage/recordFile.ts";
import type { RunRecord } from "../../../src/training/runRecord.ts";
import { facts } from "../store/support.ts";

const record: RunRecord = {
  version: 1,
  id: "1",
  name: "calm river",
  createdAt: "2026-01-01T00:00:00.000Z",
  experiment: parseExperiment({
    method: { kind: "head-only" },
    training: { learningRate: 0.01, weightDecay: 0, weights: "f16" },
  }),
  modelHash: "a",
  dataHash: "b",
  outcome: "finished",
  curves: [],
  result: {
    facts,
    seeds: [],
    tensors: [{ name: "w", rows: 1, width: 2, values: Float32Array.of(0.1, -2) }],
    seconds: 1,
    stepsPerSecond: 2,
  },
  environment: "Node 24",
  products: { "NT 1024x1024x256": "tiles-64x64-8x8 in 4 parts" },
};

it("is read back as it was written, with the kernels that were chosen", () => {
  expect(decodeRecord(JSON.parse(encodeRecord(record)))).toEqual(record);
});

it("keeps the heads of further data sets", () => {
  const otherHeads = [[{ name: "classifier.bias", rows: 1, width: 2, values: Float32Array.of(3, 4) }]];
  const shared = { ...record, result: { ...record.result, otherHeads } };
  expect(decodeRecord(JSON.parse(encodeRecord(shared)))).toEqual(shared);
});

it("keeps how far slots have moved, also where a number was no number", () => {
  const movement = { step: 40, layers: [[0.5, Number.NaN]], gradientNorms: [0.25] };
  const moved = { ...record, result: { ...record.result, movement } };
  expect(decodeRecord(JSON.parse(encodeRecord(moved)))).toEqual(moved);
});

it("may come from a time without such a choice and with full weights only", () => {
  const { weights: _weights, ...training } = record.experiment.training;
  const { products: _products, ...older } = { ...record, experiment: { ...record.experiment, training } };
  const read = decodeRecord(JSON.parse(JSON.stringify({ ...older, result: { ...record.result, tensors: [] } })));
  expect(read).not.toHaveProperty("products");
  expect(read.experiment.training.weights).toBe("f32");
});
