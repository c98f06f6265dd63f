/**
 * Searches the studio's defaults on the built-in sets and writes docs/defaults.json and docs/defaults.md. Every grid is one
 * `cli sweep`, so the command goes on where it stopped.
 *
 *   npx tsx tools/measure/defaults.ts [--seeds N] [--minutes N] [--only TEXT] [--work DIR] [--json FILE]
 *   npx tsx tools/measure/defaults.ts --page      only the page, from what is there
 *
 * --only keeps the grids whose name begins so, e.g. "sentiment.prefix-tuning".
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { grids, type Grid } from "./defaults/plan.ts";
import { defaultsPage } from "./defaults/page.ts";
import { gridResult, readDefaults, withGrid, writeDefaults } from "./defaults/results.ts";

const root = join(import.meta.dirname, "..", "..");
const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1" },
    minutes: { type: "string", default: "120" },
    only: { type: "string", default: "" },
    work: { type: "string", default: join(root, ".cache", "defaults") },
    json: { type: "string", default: join(root, "docs", "defaults.json") },
    page: { type: "boolean", default: false },
  },
});

if (!values.page) search(Date.now() + Number(values.minutes) * 60_000);
writeFileSync(values.json.replace(/\.json$/, ".md"), defaultsPage(readDefaults(values.json)));

function search(end: number): void {
  // The first seed of everything before the second of anything.
  for (let seeds = 1; seeds <= Number(values.seeds); seeds += 1) {
    for (const grid of grids().filter(({ id }) => id.startsWith(values.only))) {
      if (Date.now() > end) return;
      const folder = sweepGrid(grid, seeds);
      const result = gridResult(grid, folder);
      if (result !== undefined) writeDefaults(values.json, withGrid(readDefaults(values.json), result));
    }
  }
}

/** The folder with the results of a grid. @throws with the command line's message when it fails. */
function sweepGrid({ id, set, task, method, axis }: Grid, seeds: number): string {
  const folder = join(values.work, id);
  const config = join(values.work, `${id}.json`);
  mkdirSync(values.work, { recursive: true });
  // Scored once, at the end: what is best on the way is chosen with the scores it is to have.
  const base = { task: { kind: task }, method: { kind: method }, training: { evaluateEvery: 100_000 } };
  const sweep = { base, axes: [axis], seeds: Array.from({ length: seeds }, (_, index) => index + 1) };
  writeFileSync(config, `${JSON.stringify(sweep)}\n`);
  const train = join(root, "public", "data", set, "train.jsonl");
  const args = ["sweep", "--config", config, "--train", train, "--backend", "wasm", "--out", folder];
  const { status, stderr } = spawnSync(process.execPath, [join(root, "tools", "cli.mjs"), ...args], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "inherit", "pipe"],
  });
  if (status !== 0) throw new Error(`${id} failed: ${stderr.slice(-2000)}`);
  return folder;
}
