/** Looking inside real runs of tiny-bert: figures agree with the run's own, parts that cannot be had say why. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Executor } from "../../../src/engine/executor.ts";
import type { Experiment } from "../../../src/config/experiment.ts";
import { hashExamples } from "../../../src/training/describeData.ts";
import {
  inspectRun,
  type InspectedRun,
  type InspectionEvent,
  type InspectionOptions,
} from "../../../src/training/inspect/inspectRun.ts";
import type { RunResult } from "../../../src/training/events.ts";
import { openExecutor } from "../../parity/executors.ts";
import { fixtureModel } from "../../parity/models.ts";
import { assertFreed, endOf, opinions, runToEnd, shortRun } from "./support.ts";

let executor: Executor;

beforeAll(async () => {
  executor = await openExecutor("wasm");
});

afterAll(() => {
  assertFreed(executor);
  executor.dispose();
});

interface Trained {
  readonly result: RunResult;
  readonly run: InspectedRun;
}

async function trained(experiment: Experiment): Promise<Trained> {
  const { record: result } = endOf(await runToEnd(experiment, { executor }));
  const model = await fixtureModel("tiny-bert");
  const { seed, labels } = result.facts;
  const hashes = { modelHash: model.hash, dataHash: await hashExamples(opinions) };
  return { result, run: { name: "calm-river", experiment, seed, labels, tensors: result.tensors, ...hashes } };
}

async function inspected(run: InspectedRun, options: Partial<InspectionOptions> = {}): Promise<InspectionEvent[]> {
  const model = await fixtureModel("tiny-bert");
  const events: InspectionEvent[] = [];
  for await (const event of inspectRun({ run, model, examples: opinions, executor, ...options })) events.push(event);
  return events;
}

function reportOf<Kind extends InspectionEvent["kind"]>(
  events: readonly InspectionEvent[],
  kind: Kind,
): Extract<InspectionEvent, { kind: Kind }> {
  const found = events.find((event): event is Extract<InspectionEvent, { kind: Kind }> => event.kind === kind);
  if (found === undefined) throw new Error(`There is no ${kind}.`);
  return found;
}

describe("a deep prompt", () => {
  let deep: Trained;
  let events: InspectionEvent[];

  beforeAll(async () => {
    deep = await trained(shortRun("prefix-tuning", { steps: 16 }, { seed: 3 }));
    events = await inspected(deep.run);
  });

  it("answers as the best checkpoint did", () => {
    const { report } = reportOf(events, "predictions");
    const best = deep.result.seeds[0]?.best;
    expect(report.scores.accuracy).toBe(best?.accuracy);
    expect(report.scores.loss).toBeCloseTo(best?.loss ?? NaN, 5);
    const { outcomes } = report;
    const mean = (figure: "score" | "loss") => outcomes.reduce((sum, one) => sum + one[figure], 0) / outcomes.length;
    expect(mean("score")).toBeCloseTo(report.scores.accuracy, 10);
    expect(mean("loss")).toBeCloseTo(report.scores.loss, 6);
    expect(outcomes.map(({ text }) => text)).toEqual(
      opinions.evaluation?.map((example) => "text" in example && example.text),
    );
  });

  it("has its own score with everything on, and one for each layer off", () => {
    const { report } = reportOf(events, "knock-out");
    expect(report.whole).toEqual(reportOf(events, "predictions").report.scores);
    expect(report.layers.map(({ layer }) => layer)).toEqual([1, 2, 3]);
    expect(report.none.loss).not.toBeCloseTo(report.whole.loss, 3);
  });

  it("has norms instead of words", () => {
    const { report } = reportOf(events, "slots");
    if (report.kind !== "deep") throw new Error("Expected norms.");
    const prefix = deep.run.tensors[0]?.values ?? new Float32Array();
    const width = 21;
    const square = (from: number) => prefix.subarray(from, from + width).reduce((sum, value) => sum + value ** 2, 0);
    // Row 1, layer 2: [K₀|V₀|K₁|V₁|K₂|V₂].
    expect(report.layers[1]?.keys[1]).toBeCloseTo(Math.sqrt(square((6 + 2) * width)), 5);
    expect(report.layers[1]?.values[1]).toBeCloseTo(Math.sqrt(square((6 + 3) * width)), 5);
  });

  it("shares its attention among heads and slots", () => {
    const { layers } = reportOf(events, "attention").report;
    for (const { heads, slots } of layers) {
      const mean = heads.reduce((sum, share) => sum + share, 0) / heads.length;
      expect(slots.reduce((sum, share) => sum + share, 0)).toBeCloseTo(mean, 10);
      expect(mean).toBeGreaterThan(0);
      expect(mean).toBeLessThan(1);
    }
  });

  it("ends when it is cancelled, and leaves no memory behind", async () => {
    const abort = new AbortController();
    const model = await fixtureModel("tiny-bert");
    const seen: InspectionEvent["kind"][] = [];
    const work = inspectRun({ run: deep.run, model, examples: opinions, executor, signal: abort.signal });
    for await (const event of work) {
      seen.push(event.kind);
      if (event.kind === "slots") abort.abort();
    }
    expect(seen).toContain("predictions");
    expect(seen).not.toContain("knock-out");
    assertFreed(executor);
  });

  it("refuses another model, and a run without its tensors", async () => {
    await expect(inspected({ ...deep.run, modelHash: "other" })).rejects.toThrow(
      /calm-river was trained for another version of tiny-bert .*Open that model/,
    );
    await expect(inspected({ ...deep.run, tensors: deep.run.tensors.slice(0, 1) })).rejects.toThrow(
      /does not hold its trained numbers \("classifier\.\w+" is missing\)/,
    );
  });

  it("looks at the prompt alone where the examples have changed", async () => {
    const examples = { ...opinions, train: opinions.train.slice(1) };
    const changed = await inspected(deep.run, { examples });
    const missing = changed.flatMap((event) => (event.kind === "unavailable" ? [event.part] : []));
    expect(missing).toEqual(["predictions", "attention", "knock-out"]);
    expect(reportOf(changed, "unavailable").reason).toContain("are not those that calm-river was trained");
    expect(reportOf(changed, "slots").report.kind).toBe("deep");
  });
});

describe("a soft prompt", () => {
  it("has words, and one thing to switch off", async () => {
    const { run } = await trained(shortRun("prompt-tuning", { steps: 8 }));
    const events = await inspected(run);
    const { report } = reportOf(events, "slots");
    if (report.kind !== "soft") throw new Error("Expected words.");
    expect(report.slots.map(({ slot }) => slot)).toEqual([1, 2, 3, 4]);
    // It started from words of the vocabulary, and training has moved it.
    for (const { start } of report.slots) {
      expect(start.word.distance).toBeCloseTo(0, 6);
      expect(start.moved).toBeGreaterThan(0);
    }
    const { whole, layers } = reportOf(events, "knock-out").report;
    expect(layers.map(({ layer }) => layer)).toEqual([0]);
    expect(whole).toEqual(reportOf(events, "predictions").report.scores);
  });

  it("has words also when a network makes it", async () => {
    const { run } = await trained(shortRun("p-tuning", { steps: 2 }));
    const { report } = reportOf(await inspected(run, { parts: ["slots"] }), "slots");
    expect(report.kind).toBe("soft");
  });
});

it("says that a head alone has no virtual tokens", async () => {
  const { run } = await trained(shortRun("head-only", { steps: 2 }));
  const events = await inspected(run);
  expect(reportOf(events, "predictions").report.outcomes).toHaveLength(10);
  const reasons = events.flatMap((event) => (event.kind === "unavailable" ? [event.reason] : []));
  expect(reasons).toHaveLength(3);
  for (const reason of reasons) expect(reason).toContain("head-only adds");
});
