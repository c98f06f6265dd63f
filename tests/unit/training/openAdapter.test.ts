/** An adapter that was opened: its scores are those of the run it came from, and what it cannot answer is said. */
import { beforeAll, describe, expect, it } from "vitest";
import { zip } from "../../../src/lib/zip.ts";
import { exportAdapter, importAdapter } from "../../../src/training/adapterFiles.ts";
import { adapterFolder } from "../../../src/training/adapterFolder.ts";
import type { Adapter } from "../../../src/training/adapter.ts";
import { hashExamples } from "../../../src/training/describeData.ts";
import type { RunResult } from "../../../src/training/events.ts";
import { openAdapter, type Candidate } from "../../../src/training/openAdapter.ts";
import type { ExampleSet } from "../../../src/training/prepareData.ts";
import { openExecutor } from "../../parity/executors.ts";
import { fixtureModel } from "../../parity/models.ts";
import { endOf, opinions, runToEnd, shortRun } from "./support.ts";

const model = await fixtureModel("tiny-bert");
const executor = await openExecutor("wasm");

const data = { kind: "own", name: "opinions" } as const;
const open: Candidate = { data, set: opinions };
const tags: Candidate = {
  data: { kind: "own", name: "tags" },
  set: { name: "tags", train: [{ tokens: ["good", "film"], tags: ["O", "B-THING"] }] },
};
const experiment = shortRun("prefix-tuning", { steps: 8 }, { data });
let run: RunResult;

beforeAll(async () => {
  run = endOf(await runToEnd(experiment, { executor })).record;
});

function adapterOf({ facts, tensors, checkpoint }: RunResult): Adapter {
  return { experiment, labels: facts.labels, tensors, ...(checkpoint === undefined ? {} : { checkpoint }) };
}

/** Out of the files that a page or the command line hands out, packed as one. */
async function unpacked(adapter: Adapter, names: RegExp = /./): Promise<Adapter> {
  const files = [...exportAdapter(adapter, model)].filter(([name]) => names.test(name));
  const bytes = zip(files.map(([name, content]) => ({ name: `mine/${name}`, bytes: content })));
  return importAdapter(await adapterFolder([{ path: "mine.zip", read: async () => bytes }]), model);
}

const opening = (
  adapter: Adapter,
  candidates: readonly Candidate[],
  progress = (_done: number, _total: number) => {},
) => openAdapter(adapter, candidates, { model, executor, progress });

describe("the studio's own files", () => {
  it("score as the run did, and keep where it stopped", async () => {
    const steps: number[] = [];
    const opened = await opening(await unpacked(adapterOf(run)), [open], (done) => steps.push(done));
    expect(opened.evaluation).toEqual(run.seeds[0]?.best);
    expect(opened.adapter.checkpoint).toEqual(run.checkpoint);
    expect(opened.facts).toEqual(run.facts);
    expect(opened.dataHash).toBe(await hashExamples(opinions));
    expect(opened.notes).toEqual([]);
    expect(steps[0]).toBe(0);
  });

  it("judged with other data leave the optimizer's state behind and say so", async () => {
    const other = { data: { kind: "own", name: "other" } as const, set: { ...opinions, name: "other" } };
    const { adapter, notes } = await opening(await unpacked(adapterOf(run)), [other]);
    expect(adapter.checkpoint).toBeUndefined();
    expect(adapter.experiment.data).toEqual(other.data);
    expect(notes.join()).toMatch(/trained with other data \(opinions\), so training on starts from its best numbers/);
  });

  it("are refused where they hold other tensors than their settings train", async () => {
    const odd = adapterOf(run);
    await expect(opening({ ...odd, tensors: odd.tensors.slice(1) }, [open])).rejects.toThrow(/The adapter holds/);
  });
});

describe("PEFT's files", () => {
  it("score as the run did, under the data's names for their labels", async () => {
    const opened = await opening(await unpacked(adapterOf(run), /^adapter_/), [open]);
    expect(opened.evaluation?.accuracy).toBe(run.seeds[0]?.best.accuracy);
    expect(opened.adapter.labels).toEqual(["negative", "positive"]);
    expect(opened.notes).toEqual([
      "Its files name no labels; negative, positive of opinions stand for them in this order.",
    ]);
  });

  it("are trained on from there", async () => {
    const { adapter, evaluation } = await opening(await unpacked(adapterOf(run), /^adapter_/), [open]);
    // Steps too small to move anything: the run starts from these numbers and not from fresh ones.
    const training = { ...adapter.experiment.training, steps: 2, learningRate: 1e-7 };
    const events = await runToEnd({ ...adapter.experiment, training }, { executor, from: adapter });
    expect(endOf(events).record.seeds[0]?.best.loss).toBeCloseTo(evaluation?.loss ?? NaN, 4);
  });

  it("are opened without scores where no data fits, with the reasons", async () => {
    const ratings: ExampleSet = { name: "ratings", train: ["1", "2", "3"].map((label) => ({ text: label, label })) };
    const rated = { data: { kind: "own", name: "ratings" } as const, set: ratings };
    const opened = await opening(await unpacked(adapterOf(run), /^adapter_/), [tags, rated]);
    expect(opened.evaluation).toBeUndefined();
    expect(opened.dataHash).toBe("");
    expect(opened.facts.trained).toEqual(run.facts.trained);
    expect(opened.notes).toEqual([
      expect.stringMatching(/the examples of tags are there to tag words, and this adapter was made to classify texts/),
      expect.stringMatching(/ratings/),
    ]);
  });
});
