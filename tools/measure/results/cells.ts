/** From runs to cells: the learning rate that was chosen, and mean and deviation over the seeds. */
import { deviation, mean } from "../../../src/lib/statistics.ts";
import { DATA_SETS, METHODS, SEEDS, VARIANTS, type DataSet, type Job, type Method } from "./plan.ts";
import type { Cell, Run } from "./resultFile.ts";
import { keyOf, settingsOf } from "./runOnce.ts";

export type Runs = Readonly<Record<string, Run>>;

/** Tried rates with their scores on the part of train that chooses, in the order of the grid. */
function choosingRuns(runs: Runs, data: DataSet, method: Method): Run[] {
  if ("builtIn" in data.source) return [];
  const source =
    "of" in method.rates ? METHODS.find(({ id }) => "of" in method.rates && id === method.rates.of) : method;
  if (source === undefined || "of" in source.rates) return [];
  return source.rates.flatMap(
    (rate) => current(runs, { data, method: source, purpose: "choose", seed: 1, rate }, rate) ?? [],
  );
}

/** The run of the best rate, of those that did not diverge; of equal scores the one of lower loss. Undefined where nothing is trained. */
export function chosenRate(runs: Runs, data: DataSet, method: Method): { readonly rate: number } | undefined {
  const finished = choosingRuns(runs, data, method).filter(({ outcome }) => outcome === "finished");
  const [best] = finished.toSorted((a, b) => b.score - a.score || a.loss - b.loss);
  return best?.rate === undefined || best.rate === null ? undefined : { rate: best.rate };
}

/** The run, unless it belongs to an earlier plan. */
function current(runs: Runs, job: Job, rate: number | undefined): Run | undefined {
  const run = runs[keyOf(job)];
  return run?.settings === settingsOf(job, rate).join(" ") ? run : undefined;
}

/** All cells with at least one seed, data set by data set. */
export function cellsOf(runs: Runs): Cell[] {
  return DATA_SETS.flatMap((data) =>
    [...METHODS, ...VARIANTS].flatMap((method) =>
      data.methods.includes(method.id) ? (cellOf(runs, data, method) ?? []) : [],
    ),
  );
}

function cellOf(runs: Runs, data: DataSet, method: Method): Cell | undefined {
  const rate = chosenRate(runs, data, method)?.rate;
  const found = SEEDS.flatMap((seed) => current(runs, { data, method, purpose: "report", seed }, rate) ?? []);
  const [first] = found;
  if (first === undefined) return undefined;
  const scores = found.map(({ score }) => score);
  const { prompt, head, model } = first.trained;
  return {
    data: data.id,
    method: method.id,
    scoreName: first.scoreName,
    scores,
    mean: mean(scores),
    deviation: scores.length > 1 ? deviation(scores) : null,
    trained: prompt + head + model,
    seconds: mean(found.map(({ seconds }) => seconds)),
    rate: rate ?? null,
    choosing: choosingRuns(runs, data, method).map((run) => ({ rate: run.rate ?? 0, score: run.score })),
    baseline: first.baseline,
    diverged: found.filter(({ outcome }) => outcome === "diverged").length,
    settings: first.settings,
  };
}
