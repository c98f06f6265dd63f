/** The results table: which rate wins, what a cell says of its seeds, and how a claim is read. */
import { expect, it } from "vitest";
import { cellsOf, chosenRate } from "../../../tools/measure/results/cells.ts";
import { CLAIMS, compare } from "../../../tools/measure/results/claims.ts";
import { DATA_SETS, jobsInOrder, METHODS, type Job } from "../../../tools/measure/results/plan.ts";
import type { Run } from "../../../tools/measure/results/resultFile.ts";
import { keyOf, settingsOf } from "../../../tools/measure/results/runOnce.ts";

function named<Item extends { readonly id: string }>(items: readonly Item[], id: string): Item {
  const found = items.find((item) => item.id === id);
  if (found === undefined) throw new Error(`Expected "${id}".`);
  return found;
}

const data = named(DATA_SETS, "snips-slots");

function entry(method: string, seed: number, rate: number, score: number, purpose: Job["purpose"]): [string, Run] {
  const chosen = purpose === "choose" ? { rate } : {};
  const job: Job = { data, method: named(METHODS, method), purpose, seed, ...chosen };
  const run: Run = {
    settings: settingsOf(job, rate).join(" "),
    rate,
    outcome: "finished",
    score,
    scoreName: "F1",
    loss: 1 - score,
    examples: 700,
    baseline: { name: "each word's most frequent tag", score: 0.5 },
    trained: { prompt: 10, head: 2, model: 0 },
    seconds: 3,
    backend: "wasm",
  };
  return [keyOf(job), run];
}

const runs = Object.fromEntries([
  ...[0.01, 0.03, 0.1].map((rate, place) => entry("deep", 1, rate, [0.4, 0.6, 0.5][place] ?? 0, "choose")),
  ...[0.01, 0.03, 0.1].map((rate) => entry("soft", 1, rate, 0.3, "choose")),
  ...[0.7, 0.72, 0.74].map((score, place) => entry("deep", place + 1, 0.03, score, "report")),
  ...[0.4, 0.42, 0.44].map((score, place) => entry("soft", place + 1, 0.01, score, "report")),
  entry("head", 1, 0.1, 0.5, "report"),
]);

it("takes the rate of the best choosing run, and the first of equals", () => {
  expect(chosenRate(runs, data, named(METHODS, "deep"))).toEqual({ rate: 0.03 });
  expect(chosenRate(runs, data, named(METHODS, "soft"))).toEqual({ rate: 0.01 });
  expect(chosenRate(runs, data, named(METHODS, "head"))).toBeUndefined();
});

it("makes a cell of the seeds that ran with the chosen rate, and none of a run with another", () => {
  const cells = cellsOf(runs);
  expect(cells.map(({ method }) => method)).toEqual(["deep", "soft"]);
  expect(cells[0]).toMatchObject({ scores: [0.7, 0.72, 0.74], trained: 12, rate: 0.03, seconds: 3 });
  expect(cells[0]?.mean).toBeCloseTo(0.72);
  expect(cells[0]?.deviation).toBeCloseTo(0.02);
});

it("reads a claim from three seeds, and refuses to from one", () => {
  const claim = CLAIMS.find(({ title }) => title.startsWith("Deep beats shallow"));
  if (claim === undefined) throw new Error("Expected the claim.");
  const read = (kept: typeof runs) => compare(claim, cellsOf(kept)).map(({ reading }) => reading);
  expect(read(runs)).toEqual(["higher"]);
  expect(read(Object.fromEntries(Object.entries(runs).filter(([key]) => !/report.*seed [23]/.test(key))))).toEqual([
    "one seed",
  ]);
  expect(read({})).toEqual([]);
});

it("plans each job once, and every choice before the run that needs it", () => {
  const jobs = jobsInOrder();
  const keys = jobs.map(keyOf);
  expect(new Set(keys).size).toBe(keys.length);
  const late = jobs.flatMap((job, place) => {
    if (job.purpose !== "report" || "of" in job.method.rates || "builtIn" in job.data.source) return [];
    return job.method.rates
      .map((rate) => keyOf({ ...job, purpose: "choose", seed: 1, rate }))
      .filter((choice) => !keys.slice(0, place).includes(choice));
  });
  expect(late).toEqual([]);
});
