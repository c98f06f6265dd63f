/**
 * One prefix under three tasks, as torch's AdamW trains it: every step takes one task's batch and moves the prefix and that
 * task's head; the other heads keep values, moments and their own count of updates.
 */
import { expect, it } from "vitest";
import { z } from "zod";
import { headPrefix } from "../../src/training/lanes.ts";
import { lanesOf, openSession } from "../../src/training/session.ts";
import { groupSettings, setUpRun } from "../../src/training/setup.ts";
import type { OpenedExecutor } from "./caseChecks.ts";
import { fixtureModel, labelNames, readJson } from "./models.ts";
import { optimizerSchema, readCaseAt, type GoldenCase } from "./replay.ts";
import { largestDifference } from "./tolerances.ts";

const fixture = z
  .object({
    cases: z.array(z.string()),
    turns: z.array(z.int()),
    losses: z.array(z.number()),
    optimizer: optimizerSchema,
    finalPrompt: z.array(z.number()),
  })
  .parse(readJson("tiny-bert/multi-task.json"));

const model = await fixtureModel("tiny-bert");
const goldens = fixture.cases.map((name) => readCaseAt(`tiny-bert/${name}`, model));

/** The case under the name its head has in a run on several data sets, with its start values. */
function laneOf({ experiment, document, examples, initial }: GoldenCase, place: number) {
  const prefix = headPrefix(place);
  const setup = setUpRun(experiment, model, labelNames(document.classCount), { headPrefix: prefix });
  const part = { sequences: examples, guessingLoss: 1, score: () => never() };
  const longest = Math.max(...examples.map(({ encoding }) => encoding.ids.length));
  const data = { train: part, evaluation: part, longest };
  const start = [...initial].map(([name, values]) => [name === "prefix" ? name : prefix + name, values] as const);
  return { setup, data, start };
}

function never(): never {
  throw new Error("Nothing is evaluated here.");
}

export function checkThreeTasks(executor: OpenedExecutor): void {
  it("three tasks under one prefix give PyTorch's losses and end at its prefix", async () => {
    const lanes = goldens.map(laneOf);
    const [own, ...others] = lanes;
    const [first] = goldens;
    if (own === undefined || first === undefined) throw new Error("The fixture names no cases.");
    const { learningRate, beta1, beta2, epsilon, weightDecay, clip: clipNorm } = fixture.optimizer;
    const settings = { ...first.experiment.training, weightDecay };
    // The first case's prefix is the one that is shared.
    const state = { values: new Map(lanes.toReversed().flatMap(({ start }) => start)) };
    const session = await openSession({ executor: executor(), ...own, others, settings, state });
    const updates = lanes.map(() => 0);
    const losses: number[] = [];
    for (const turn of fixture.turns) {
      const lane = lanesOf(session)[turn];
      const golden = goldens[turn];
      if (lane === undefined || golden === undefined) throw new Error(`There is no data set ${turn}.`);
      updates[turn] = (updates[turn] ?? 0) + 1;
      const groups = groupSettings({ ...first.experiment, training: settings }, updates[turn]);
      const inputs = lanes[turn]?.setup.pack(golden.examples, true);
      if (inputs === undefined) throw new Error(`There is no data set ${turn}.`);
      await lane.step(inputs, { learningRate, beta1, beta2, epsilon, clipNorm, groups });
      losses.push(...(await lane.training.statistics()).map(({ loss }) => loss));
    }
    const prefix = (await session.store.readTrained()).get("prefix") ?? new Float32Array();
    session.dispose();
    expect(largestDifference(losses, fixture.losses)).toBeLessThan(1e-4);
    expect(largestDifference(prefix, fixture.finalPrompt)).toBeLessThan(1e-4);
  });
}
