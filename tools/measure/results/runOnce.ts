/** One run through the command line, from a job to its figures. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { z } from "zod";
import { prepareParts } from "./prepare.ts";
import { budgetOf, type DataSet, type Job, type Method } from "./plan.ts";
import { outcomeSchema, type Run } from "./resultFile.ts";

const finalSchema = z.object({
  final: z.looseObject({
    outcome: outcomeSchema,
    score: z.string(),
    loss: z.number(),
    examples: z.int(),
    last: z.object({ mean: z.number() }),
    baseline: z.object({ name: z.string(), score: z.number() }),
    trained: z.object({ prompt: z.number(), head: z.number(), model: z.number() }),
    seconds: z.number(),
    backend: z.string(),
  }),
});

/** What a run is known by; two runs of one key differ in nothing but the moment. */
export function keyOf({ data, method, purpose, seed, rate }: Job): string {
  return [data.id, method.id, purpose, ...(rate === undefined ? [] : [rate]), `seed ${seed}`].join(" / ");
}

/** Arguments that decide the result, without files and places. */
export function settingsOf({ data, method, purpose }: Job, rate: number | undefined): string[] {
  return [
    "--method",
    method.kind,
    ...method.settings,
    ...(method.verbalizer === true ? ["--head", "verbalizer", ...(data.verbalizer ?? [])] : []),
    ...(rate === undefined ? [] : ["--learning-rate", `${rate}`]),
    ...trainingOf(data, purpose, method),
  ];
}

function trainingOf({ source, task, examplesPerClass }: DataSet, purpose: Job["purpose"], method: Method): string[] {
  // A built-in set keeps its defaults; its run is scored once, at the end.
  if ("builtIn" in source) return ["--data", source.builtIn, "--evaluate-every", "100000"];
  const budget = budgetOf(source, method);
  const steps = purpose === "choose" ? budget.choosingSteps : budget.steps;
  const warmup = source.warmup === undefined ? {} : { "warmup-steps": Math.round(source.warmup * steps) };
  const chosen = {
    task,
    "max-tokens": source.maxTokens,
    ...(examplesPerClass === undefined ? {} : { "examples-per-class": examplesPerClass }),
    ...(method.kind === "discrete-prompt" ? {} : { steps, batch: budget.batch, "evaluate-every": steps, ...warmup }),
  };
  return Object.entries(chosen).flatMap(([name, value]) => [`--${name}`, `${value}`]);
}

export interface Places {
  readonly root: string;
  readonly work: string;
  readonly model: string;
  /** Folder of the real data sets. */
  readonly data: string;
}

/** Files of real data; a built-in set is named among the settings. */
function filesOf({ data: { source }, purpose }: Job, data: string, work: string): string[] {
  if ("builtIn" in source) return [];
  const parts = prepareParts(data, source.folder, work);
  return ["--train", parts.fit, "--eval", purpose === "choose" ? parts.choose : parts.eval];
}

/** Trains and scores once, after the last step. @throws with the command line's message when it fails. */
export function runOnce(job: Job, rate: number | undefined, { root, work, model, data }: Places): Run {
  const settings = settingsOf(job, rate);
  const args = ["train", "--model", model, ...filesOf(job, data, work), ...settings];
  const places = ["--seed", `${job.seed}`, "--backend", "wasm", "--out", join(work, `run-${process.pid}`), "--json"];
  const command = [join(root, "tools", "cli.mjs"), ...args, ...places];
  const result = spawnSync(process.execPath, command, { cwd: root, encoding: "utf8", maxBuffer: 2 ** 28 });
  if (result.status !== 0) throw new Error(`${keyOf(job)} failed: ${result.stderr.slice(-2000)}`);
  const line: unknown = JSON.parse(result.stdout.trim().split("\n").at(-1) ?? "{}");
  const { final } = finalSchema.parse(line);
  const { outcome, loss, examples, baseline, trained, backend } = final;
  return {
    settings: settings.join(" "),
    rate: rate ?? null,
    outcome,
    score: final.last.mean,
    scoreName: final.score,
    loss,
    examples,
    baseline,
    trained,
    seconds: Math.round(10 * final.seconds) / 10,
    backend,
  };
}
