/**
 * Measures four methods on SST-2 with the built-in encoder, through the command line. The learning rate of each method is
 * chosen on a part of train from the grid below; then three seeds train on the rest and are scored once, after the last
 * step, on the dev set, which no choice has seen. Every finished run is kept, so an interrupted measurement goes on.
 *
 *   node tools/measure/sst2.mjs --data DIR --out DIR [--backend wasm] [--only METHOD]
 *
 * The data folder holds train.jsonl and dev.jsonl. With --only, two methods can be measured side by side.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const { values } = parseArgs({
  options: {
    data: { type: "string" },
    out: { type: "string" },
    backend: { type: "string", default: "wasm" },
    only: { type: "string" },
  },
});
if (values.data === undefined || values.out === undefined) throw new Error("Expected --data DIR and --out DIR.");
const data = resolve(values.data);
const out = resolve(values.out);
mkdirSync(out, { recursive: true });

/** Rows of train that only choose the learning rate. */
const HELD_OUT = 400;
const SEEDS = [1, 2, 3];

/**
 * Settings, learning rates to choose from, and the steps of the choosing and of the reported runs. The budgets differ: deep
 * prompts learn slowly here, and after 600 steps of 32 they stand where the head alone does. A fair claim that one method
 * beats another needs equal budgets as well.
 */
const METHODS = {
  "head-only": { settings: [], rates: [0.003, 0.01, 0.03], batch: 16, gridSteps: 200, steps: 800 },
  "prompt-tuning": { settings: ["--length", "16"], rates: [0.01, 0.03, 0.1], batch: 16, gridSteps: 200, steps: 800 },
  "prefix-tuning": {
    settings: ["--length", "16", "--layers", "all"],
    rates: [0.02, 0.05, 0.1],
    batch: 32,
    gridSteps: 400,
    steps: 2500,
  },
  "full-fine-tuning": {
    settings: ["--weight-decay", "0.01"],
    rates: [0.0003, 0.0005, 0.001],
    batch: 16,
    gridSteps: 200,
    steps: 1000,
  },
};

const rows = readFileSync(join(data, "train.jsonl"), "utf8").trim().split("\n");
// Every k-th row, so that the part does not depend on the order of the file's beginning.
const stride = Math.floor(rows.length / HELD_OUT);
const isHeldOut = (/** @type {number} */ index) => index % stride === 0;
const parts = { fit: join(out, "fit.jsonl"), choose: join(out, "choose.jsonl") };
writeFileSync(parts.fit, rows.filter((_, index) => !isHeldOut(index)).join("\n"));
writeFileSync(parts.choose, rows.filter((_, index) => isHeldOut(index)).join("\n"));

/**
 * Final figures of one run; a run that is already there is read, not repeated.
 * @param {string} method
 * @param {{ rate: number, seed: number, steps: number, evaluation: string, purpose: string }} run
 */
function runOnce(method, { rate, seed, steps, evaluation, purpose }) {
  const folder = join(out, `${method}-${purpose}-${rate}-seed${seed}`);
  const summary = join(folder, "final.json");
  if (existsSync(summary)) return JSON.parse(readFileSync(summary, "utf8"));
  const { settings, batch } = METHODS[/** @type {keyof typeof METHODS} */ (method)];
  const options = {
    train: parts.fit,
    eval: evaluation,
    method,
    "learning-rate": rate,
    seed,
    steps,
    batch,
    "evaluate-every": steps,
    "max-tokens": 64,
    backend: values.backend,
    out: folder,
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const command = [join(root, "tools/cli.mjs"), "train", "--model", "encoder-l4-d128", ...args, ...settings, "--json"];
  const result = spawnSync(process.execPath, command, { cwd: root, encoding: "utf8", maxBuffer: 2 ** 28 });
  if (result.status !== 0) throw new Error(`${method} at ${rate} failed: ${result.stderr}`);
  const { final } = JSON.parse(result.stdout.trim().split("\n").at(-1) ?? "{}");
  writeFileSync(summary, JSON.stringify(final));
  process.stdout.write(
    `${method} ${purpose} rate ${rate} seed ${seed}: ${final.accuracy} in ${Math.round(final.seconds)} s\n`,
  );
  return final;
}

const measured = Object.entries(METHODS).filter(([method]) => values.only === undefined || method === values.only);
const results = measured.map(([method, { rates, gridSteps, steps }]) => {
  const chosen = rates
    .map((rate) => ({
      rate,
      ...runOnce(method, { rate, seed: 1, steps: gridSteps, evaluation: parts.choose, purpose: "choose" }),
    }))
    .toSorted((a, b) => b.accuracy - a.accuracy || a.loss - b.loss);
  const [best] = chosen;
  const finals = SEEDS.map((seed) =>
    runOnce(method, { rate: best.rate, seed, steps, evaluation: join(data, "dev.jsonl"), purpose: "report" }),
  );
  const accuracies = finals.map(({ accuracy }) => accuracy);
  const mean = accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length;
  const spread = Math.sqrt(accuracies.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (accuracies.length - 1));
  const { trained, backend, adapter } = finals[0];
  const seconds = finals.reduce((sum, final) => sum + final.seconds, 0) / finals.length;
  return {
    method,
    learningRate: best.rate,
    steps,
    accuracies,
    mean,
    deviation: spread,
    trained,
    seconds,
    backend,
    adapter,
  };
});
writeFileSync(join(out, `${values.only ?? "sst2"}.json`), `${JSON.stringify(results, null, 2)}\n`);
for (const { method, learningRate, mean, deviation, trained } of results) {
  const numbers = trained.prompt + trained.head + trained.model;
  const figures = `${(100 * mean).toFixed(1)} ± ${(100 * deviation).toFixed(1)}`;
  process.stdout.write(`| ${method} | ${learningRate} | ${figures} | ${numbers.toLocaleString("en")} |\n`);
}
