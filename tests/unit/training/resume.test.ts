/** Runs that go on from files: exactly where they stopped with the studio's, from PEFT's values without them, and what is refused. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Executor } from "../../../src/engine/executor.ts";
import { methodSchema } from "../../../src/methods/index.schema.ts";
import type { Adapter } from "../../../src/training/adapter.ts";
import { exportAdapter, importAdapter } from "../../../src/training/adapterFiles.ts";
import type { TrainingEvent } from "../../../src/training/events.ts";
import { verifyAdapter } from "../../../src/training/verifyAdapter.ts";
import { openExecutor } from "../../parity/executors.ts";
import { fixtureModel } from "../../parity/models.ts";
import { largestDifference } from "../../parity/tolerances.ts";
import { assertFreed, endOf, evaluationsOf, opinions, pointsOf, runToEnd, shortRun } from "./support.ts";

const method = methodSchema.parse({
  kind: "prefix-tuning",
  promptLength: 4,
  initialScale: 0.5,
  reparameterisation: "mlp",
  hiddenSize: 5,
});
const whole = shortRun("prefix-tuning", { schedule: "cosine" }, { method });
const model = await fixtureModel("tiny-bert");

let executor: Executor;
let reference: TrainingEvent[];
/** The same run, stopped after the evaluation at step 8, as files. */
let files: Map<string, Uint8Array>;
let stopped: Adapter;

beforeAll(async () => {
  executor = await openExecutor("wasm");
  reference = await runToEnd(whole, { executor });
  const events = await runToEnd(whole, {
    executor,
    onEvent: (event, control) => {
      if (event.kind === "evaluated" && event.evaluation.step === 8) control.stop();
    },
  });
  const { record } = endOf(events);
  const { tensors, checkpoint, facts } = record;
  stopped = { experiment: whole, labels: facts.labels, tensors, ...(checkpoint === undefined ? {} : { checkpoint }) };
  files = exportAdapter(stopped, model);
});

afterEach(() => assertFreed(executor));

afterAll(() => executor.dispose());

describe("a run that goes on from the studio's files", () => {
  it("takes the steps that were left, in the same bits, and ends with the same numbers", async () => {
    const from = importAdapter(files, model);
    expect(from).toEqual(stopped);
    const events = await runToEnd(from.experiment, { executor, from });
    expect(pointsOf(events)).toEqual(pointsOf(reference).filter(({ step }) => step > 8));
    expect(evaluationsOf(events)).toEqual(evaluationsOf(reference).filter(({ step }) => step > 8));
    expect(endOf(events).record.tensors).toEqual(endOf(reference).record.tensors);
    expect(endOf(events).record.checkpoint).toEqual(endOf(reference).record.checkpoint);
  });

  it("keeps its best numbers when it gets no better", async () => {
    const from = importAdapter(files, model);
    const { checkpoint } = from;
    if (checkpoint === undefined) throw new Error("The stopped run has a checkpoint.");
    const best = { ...checkpoint.best, accuracy: 1, loss: 0 };
    const events = await runToEnd(from.experiment, {
      executor,
      from: { ...from, checkpoint: { ...checkpoint, best } },
    });
    expect(endOf(events).record.tensors).toEqual(stopped.tensors);
    expect(endOf(events).record.seeds[0]?.best).toEqual(best);
  });
});

describe("a run that goes on from PEFT's files", () => {
  it("starts at step 1 from the prefix that the network made, with the labels of the data", async () => {
    const from = importAdapter(new Map([...files].filter(([name]) => name.startsWith("adapter_"))), model);
    expect(from.experiment.method).toMatchObject({
      kind: "prefix-tuning",
      promptLength: 4,
      reparameterisation: "none",
    });
    const training = { ...whole.training, steps: 1, learningRate: 1e-9 };
    const events = await runToEnd({ ...from.experiment, training }, { executor, from });
    expect(pointsOf(events).map(({ step }) => step)).toEqual([1]);
    expect(endOf(events).record.facts.labels).toEqual(["negative", "positive"]);
    for (const [index, { name, values }] of endOf(events).record.tensors.entries()) {
      const start = from.tensors[index];
      expect(start?.name).toBe(name);
      expect(largestDifference(values, start?.values ?? [])).toBeLessThan(1e-6);
    }
  });
});

describe("a run that cannot go on", () => {
  it.each<[string, (from: Adapter) => { experiment: typeof whole; from: Adapter }, string]>([
    [
      "because no step is left",
      (from) => ({ experiment: { ...whole, training: { ...whole.training, steps: 8 } }, from }),
      "stands at step 8 of 8. Ask for more than 8 steps",
    ],
    ["because of several seeds", (from) => ({ experiment: { ...whole, seeds: 3 }, from }), "goes on with one seed"],
    [
      "because the labels are others",
      (from) => ({ experiment: whole, from: { ...from, labels: ["no", "yes"] } }),
      "labels no, yes, the data has negative, positive",
    ],
    [
      "because the method is another",
      (from) => ({ experiment: shortRun("prompt-tuning"), from }),
      "these settings train prompt, classifier.weight",
    ],
  ])("%s says so", async (_reason, change, message) => {
    const { experiment, from } = change(importAdapter(files, model));
    await expect(runToEnd(experiment, { executor, from })).rejects.toThrow(message);
  });

  it("says so when the optimizer's file belongs to another run", () => {
    const optimizer = exportAdapter(stopped, model).get("studio.safetensors") ?? new Uint8Array();
    const mixed = new Map([...files, ["optimizer.safetensors", optimizer]]);
    expect(() => importAdapter(mixed, model)).toThrow('optimizer.safetensors: expected "value.prefix.embedding"');
  });
});

describe("the check before files are given away", () => {
  const rows = opinions.train;

  it("passes what the studio wrote", async () => {
    await expect(verifyAdapter({ adapter: stopped, files, model, executor, rows })).resolves.toBeUndefined();
  });

  it.each(["studio", "adapter_model"])("finds numbers in %s.safetensors that are not the run's", async (name) => {
    const tensors = stopped.tensors.map((tensor) =>
      tensor.name === "classifier.weight" ? { ...tensor, values: tensor.values.map((value) => value * 1.01) } : tensor,
    );
    const other = exportAdapter({ ...stopped, tensors }, model).get(`${name}.safetensors`) ?? new Uint8Array();
    const changed = new Map([...files, [`${name}.safetensors`, other]]);
    await expect(verifyAdapter({ adapter: stopped, files: changed, model, executor, rows })).rejects.toThrow(
      "would answer otherwise than the run",
    );
  });
});
