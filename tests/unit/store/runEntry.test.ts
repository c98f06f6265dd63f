/** A run's state after each kind of event. */
import { describe, expect, it } from "vitest";
import { parseExperiment } from "../../../src/config/experiment.ts";
import { answeredSets } from "../../../src/store/answeredSets.ts";
import { applyEvent, bestOf, entryOfRecord, isLive, lastOf, type RunEntry } from "../../../src/store/runEntry.ts";
import type { TrainingEvent } from "../../../src/worker/protocol.ts";
import { evaluation, experimentOf, facts, runOf } from "./support.ts";

const fresh = runOf("run", experimentOf("prefix-tuning"));
const after = (events: readonly TrainingEvent[]): RunEntry => events.reduce(applyEvent, fresh);
const point = (step: number) => ({ step, loss: 1, accuracy: 0, gradientNorm: 0, learningRate: 0, skipped: false });

describe("a run's entry", () => {
  it("follows steps, pause and resume", () => {
    const running = after([
      { kind: "seed-started", seedIndex: 0, facts },
      { kind: "steps", seedIndex: 0, points: [point(1), point(2)], seconds: 1 },
    ]);
    expect(running).toMatchObject({ status: "running", step: 2, facts });
    const paused = applyEvent(running, { kind: "paused", seedIndex: 0, step: 2 });
    expect(paused.status).toBe("paused");
    expect(isLive(paused)).toBe(true);
    expect(applyEvent(paused, { kind: "resumed", seedIndex: 0, step: 2 }).status).toBe("running");
  });

  it("keeps the best evaluation apart from the last", () => {
    const entry = after([
      { kind: "evaluated", seedIndex: 0, evaluation: evaluation(20, 0.8), best: true },
      { kind: "evaluated", seedIndex: 0, evaluation: evaluation(40, 0.7), best: false },
    ]);
    expect(bestOf(entry)).toEqual([evaluation(20, 0.8)]);
    expect(lastOf(entry)).toEqual([evaluation(40, 0.7)]);
  });

  it("starts each seed afresh and lists finished seeds", () => {
    const result = { seed: 1, best: evaluation(20, 0.8), last: evaluation(40, 0.7), seconds: 3 };
    const entry = after([
      { kind: "evaluated", seedIndex: 0, evaluation: evaluation(20, 0.8), best: true },
      { kind: "seed-finished", seedIndex: 0, result },
      { kind: "seed-started", seedIndex: 1, facts: { ...facts, seed: 2 } },
    ]);
    expect(entry).toMatchObject({ seedIndex: 1, step: 0, seeds: [result] });
    expect(entry.bestEvaluation).toBeUndefined();
    expect(bestOf(entry)).toEqual([result.best]);
  });

  it("remembers how far the furthest slot went, whatever comes later", () => {
    const moved = (values: number[]): TrainingEvent => ({
      kind: "moved",
      seedIndex: 0,
      movement: { step: 1, layers: [values], gradientNorms: [1] },
    });
    expect(after([moved([0.1, 0.4]), moved([0.2, Number.NaN])]).furthestMove).toBe(0.4);
  });

  it("keeps the heads of further data sets, to answer for them now and after a reload", () => {
    const experiment = parseExperiment({
      ...experimentOf("prefix-tuning"),
      multiTask: { others: [{ data: { kind: "built-in", id: "topic" }, task: { kind: "sequence-classification" } }] },
    });
    const { name: _name, ...own } = { name: "Topic", ...facts, labels: ["sport", "trade", "weather"] };
    const both = { ...facts, others: [{ name: "Topic", ...own }] };
    const head = [{ name: "classifier.bias", rows: 1, width: 3, values: Float32Array.of(1, 2, 3) }];
    const result = { facts: both, seeds: [], tensors: [], seconds: 9, stepsPerSecond: 17, otherHeads: [head] };
    const ended = applyEvent({ ...fresh, experiment }, { kind: "finished", outcome: "finished", record: result });
    const record = { ...ended, version: 1, outcome: "finished", curves: [], result } as const;
    for (const entry of [ended, entryOfRecord(record, 0)]) {
      const [first, second, ...others] = answeredSets(entry);
      expect(first).toMatchObject({ labels: facts.labels, experiment: { data: { id: "sentiment" } } });
      expect(first.experiment.multiTask.others).toEqual([]);
      expect(second).toMatchObject({ labels: own.labels, head, experiment: { data: { id: "topic" } } });
      expect(others).toEqual([]);
    }
    // Where the run went on with one data set, only that one's head is left.
    const { otherHeads: _heads, ...alone } = ended;
    expect(answeredSets(alone)).toHaveLength(1);
  });

  it("shows the movement of the kept tensors when it has ended, as after a reload", () => {
    const movement = { step: 20, layers: [[0.1, 0.2]], gradientNorms: [1] };
    const record = { facts, seeds: [], tensors: [], seconds: 9, stepsPerSecond: 17, movement };
    const later = { ...movement, step: 40, layers: [[0.3, 0.4]] };
    const ended = after([
      { kind: "moved", seedIndex: 0, movement: later },
      { kind: "finished", outcome: "finished", record },
    ]);
    const { id, name, createdAt, experiment, modelHash, dataHash, environment, colour } = ended;
    const kept = { version: 1, id, name, createdAt, experiment, modelHash, dataHash, environment } as const;
    const reloaded = entryOfRecord({ ...kept, outcome: "finished", curves: [], result: record }, colour);
    expect(ended).toMatchObject({ movement, furthestMove: 0.2 });
    expect(reloaded).toMatchObject({ movement, furthestMove: 0.2 });
  });

  it("ends with the outcome and the figures of the result", () => {
    const record = { facts, seeds: [], tensors: [], seconds: 9, stepsPerSecond: 17 };
    const entry = after([{ kind: "finished", outcome: "stopped", record }]);
    expect(entry).toMatchObject({ status: "stopped", seconds: 9, stepsPerSecond: 17 });
    expect(isLive(entry)).toBe(false);
  });
});
