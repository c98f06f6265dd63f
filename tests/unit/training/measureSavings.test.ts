/** Measuring the savings of a tiny run: every saving gets an outcome, each is really switched off, and nothing stays behind. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { parseExperiment, type Experiment } from "../../../src/config/experiment.ts";
import { savingsSchema } from "../../../src/config/training.ts";
import { OutOfDeviceMemoryError, type Executor } from "../../../src/engine/executor.ts";
import { measureSavings, type MeasureOptions, type SavingsEvent } from "../../../src/training/measureSavings.ts";
import type { ExampleSet } from "../../../src/training/prepareData.ts";
import { openExecutor } from "../../parity/executors.ts";
import { fixtureModel } from "../../parity/models.ts";
import { assertFreed, opinions, shortRun } from "./support.ts";

let executor: Executor;
beforeAll(async () => {
  executor = await openExecutor("wasm");
});
afterEach(() => assertFreed(executor));
afterAll(() => executor.dispose());

/** Prompts in the last of three layers, so that cache and padding matter. */
function topRun(): Experiment {
  const run = shortRun("prefix-tuning", { steps: 40 });
  return parseExperiment({ ...run, method: { ...run.method, layers: [3] } });
}

/** Labels that a vocabulary holds whole. */
const words: ExampleSet = {
  name: "words",
  train: ["good", "bad"].map((label) => ({ text: `a ${label} film`, label })),
  evaluation: [{ text: "a good day", label: "good" }],
};

async function measure(experiment: Experiment, rest: Partial<MeasureOptions> = {}): Promise<SavingsEvent[]> {
  const model = await fixtureModel("tiny-bert");
  const events: SavingsEvent[] = [];
  const options = { experiment, model, examples: opinions, executor, warmUpSteps: 1, timedSteps: 3, ...rest };
  for await (const event of measureSavings(options)) events.push(event);
  return events;
}

function outcomesOf(events: readonly SavingsEvent[]) {
  return Object.fromEntries(
    events.flatMap((event) => (event.kind === "outcome" ? [[event.saving, event.outcome] as const] : [])),
  );
}

/** The executor as it is, with the number of nodes of every training graph noted. */
function noting(nodes: number[], compile?: (nodes: number) => void): Executor {
  return {
    info: executor.info,
    createParameters: (shapes, values) => executor.createParameters(shapes, values),
    compileTraining(graph, parameters, rows, options) {
      nodes.push(graph.nodes.length);
      compile?.(graph.nodes.length);
      return executor.compileTraining(graph, parameters, rows, options);
    },
    compileEvaluation: (graph, parameters, rows) => executor.compileEvaluation(graph, parameters, rows),
    plannedBytes: (memory) => executor.plannedBytes(memory),
    allocatedBytes: () => executor.allocatedBytes(),
    heldMemory: () => executor.heldMemory(),
    onEvent: (listener) => executor.onEvent(listener),
    dispose: () => executor.dispose(),
  };
}

describe("measuring the savings", () => {
  it("gives every saving a figure, or says that it has nothing to do here", async () => {
    const outcomes = outcomesOf(await measure(topRun()));
    expect(Object.keys(outcomes).toSorted()).toEqual(Object.keys(savingsSchema.shape).toSorted());
    for (const name of ["frozenWeights", "neededRows", "packedRows", "frontier"]) {
      const outcome = outcomes[name];
      if (outcome?.kind !== "measured") throw new Error(`${name}: expected a figure, got ${outcome?.kind}.`);
      expect(outcome.step.milliseconds).toBeGreaterThan(0);
      expect(outcome.step.low).toBeLessThanOrEqual(outcome.step.milliseconds);
      expect(outcome.step.high).toBeGreaterThanOrEqual(outcome.step.milliseconds);
    }
    // Encoders have no trunk of the prompt alone.
    expect(outcomes["promptTrunk"]).toEqual({ kind: "unused" });
  });

  it("computes more without the cache, whatever the experiment says of it", async () => {
    const nodes: number[] = [];
    const run = topRun();
    const off = savingsSchema.parse({ frontier: false });
    const events = await measure(
      { ...run, training: { ...run.training, savings: off } },
      { executor: noting(nodes), warmUpSteps: 0, timedSteps: 1 },
    );
    const measured = events.flatMap((event) =>
      event.kind === "outcome" && event.outcome.kind === "measured" ? [event.saving] : [],
    );
    const [first, ...others] = nodes;
    expect(others).toHaveLength(measured.length + 1);
    expect(others[measured.indexOf("frontier")]).toBeGreaterThan(first ?? 0);
    expect(others.at(-1)).toBe(first);
  });

  it("counts its steps up to the total and gives the reference before and after the others", async () => {
    const events = await measure(topRun());
    const progress = events.flatMap((event) => (event.kind === "progress" ? [event] : []));
    const { total } = progress[0] ?? { total: 0 };
    expect(new Set(progress.map(({ done }) => done)).size).toBe(total + 1);
    expect(progress.at(-1)).toMatchObject({ done: total, total });
    const references = events.flatMap(({ kind }, index) => (kind === "reference" ? [index] : []));
    const outcomes = events.flatMap((event, index) =>
      event.kind === "outcome" && event.outcome.kind === "measured" ? [index] : [],
    );
    expect(references).toHaveLength(2);
    expect(references[0]).toBeLessThan(Math.min(...outcomes));
    expect(references[1]).toBeGreaterThan(Math.max(...outcomes));
  });

  it("ends at once when it is cancelled", async () => {
    const abort = new AbortController();
    const model = await fixtureModel("tiny-bert");
    let steps = 0;
    const options = { experiment: topRun(), model, examples: opinions, executor, signal: abort.signal };
    for await (const event of measureSavings(options)) {
      if (event.kind !== "progress" || event.done === 0) continue;
      steps++;
      if (event.done === 2) abort.abort();
    }
    expect(steps).toBe(2);
  });

  it("goes on when the device has no room without one of them", async () => {
    const nodes: number[] = [];
    const small = noting(nodes, (count) => {
      if (count > (nodes[0] ?? 0)) throw new OutOfDeviceMemoryError("no room for a test");
    });
    const outcomes = outcomesOf(await measure(topRun(), { executor: small }));
    expect(outcomes["frontier"]).toEqual({ kind: "no-room" });
    expect(outcomes["packedRows"]?.kind).toBe("measured");
  });

  it("says that an experiment without training has no steps", async () => {
    const task = { kind: "sequence-classification", head: "verbalizer" };
    const model = await fixtureModel("encoder-l4-d128");
    const run = parseExperiment({ ...shortRun("discrete-prompt"), model: model.id, task });
    await expect(measure(run, { model, examples: words })).rejects.toThrow("Nothing is trained here");
  });
});
