/**
 * Runs one sweep three times on real data and holds the results against each other: left alone, killed half-way and gone on
 * with, and on the page in Chromium. All on the wasm backend, so that the numbers must agree.
 *
 *   npx tsx tools/measure/sweepTwice.ts --train FILE --eval FILE [--config public/sweeps/length-depth.json] [--work DIR]
 */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { z } from "zod";
import { launchChromium } from "../../tests/setup/chromium.ts";
import { serveBuiltSite } from "../../tests/setup/server.ts";
import { sweepCommand } from "../../tests/setup/sweepCommand.ts";
import { visit } from "../../tests/e2e/support/visit.ts";
import { waitUntilReady } from "../../tests/e2e/support/bench.ts";
import { ensureSite } from "../buildSite.mjs";

const root = join(import.meta.dirname, "..", "..");
const { values } = parseArgs({
  options: {
    train: { type: "string" },
    eval: { type: "string" },
    config: { type: "string", default: join(root, "public", "sweeps", "length-depth.json") },
    work: { type: "string", default: join(root, ".cache", "sweep-twice") },
  },
});
const { train, eval: evaluation, work } = values;
if (train === undefined || evaluation === undefined) throw new Error("Expected --train FILE and --eval FILE.");
const files = { train: resolve(train), eval: resolve(evaluation) };

const scoreSchema = z.object({ accuracy: z.number() });
const resultsSchema = z.object({
  cells: z.array(z.object({ values: z.unknown(), seed: z.number(), best: scoreSchema, last: scoreSchema })),
});
type Results = z.infer<typeof resultsSchema>["cells"];

function resultsIn(text: string): Results {
  return resultsSchema.parse(JSON.parse(text)).cells;
}

const cellFolder = (out: string, id: string): string => join(work, out, "cells", id, "run.json");

/** Ids of the cells that the command told of. With `killAfter` it is killed without warning as soon as it told so many. */
async function sweepInto(out: string, config: string, killAfter = Infinity): Promise<readonly string[]> {
  const { cells, stderr } = await sweepCommand({ config, ...files, out: join(work, out) }, killAfter);
  process.stderr.write(stderr);
  return cells;
}

async function onPage(config: string): Promise<Results> {
  const server = await serveBuiltSite();
  const browser = await launchChromium("no-adapter");
  try {
    const { page } = await visit(browser, server.url);
    await waitUntilReady(page);
    await page.getByRole("button", { name: "Own data…" }).click();
    const dialog = page.getByRole("dialog", { name: "Own data" });
    await dialog.getByLabel("Training examples file").setInputFiles(files.train);
    await dialog.getByLabel("Evaluation examples file").setInputFiles(files.eval);
    await dialog.getByRole("button", { name: "Use this data" }).click({ timeout: 120_000 });
    await waitUntilReady(page);
    const panel = page.getByRole("region", { name: "Sweep", exact: true });
    await panel.getByRole("button", { name: "Show" }).click();
    await panel.locator("input[type=file]").setInputFiles(config);
    await panel.getByRole("button", { name: "Start sweep" }).click();
    await panel.getByText(/cells · finished/).waitFor({ timeout: 3_600_000 });
    const asked = page.waitForEvent("download");
    await panel.getByRole("button", { name: "Results as JSON" }).click();
    return resultsIn(await readFile(await (await asked).path(), "utf8"));
  } finally {
    await browser.close();
    await server.close();
  }
}

function report(name: string, found: Results, expected: Results): void {
  const agrees = isDeepStrictEqual(found, expected);
  console.log(`${name}: ${agrees ? "the same numbers" : "OTHER NUMBERS"} in ${found.length} cells`);
  if (!agrees) process.exitCode = 1;
}

rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });
const sweep = JSON.parse(readFileSync(values.config, "utf8"));
const config = join(work, "sweep.json");
sweep.base = { ...sweep.base, data: { kind: "own", name: basename(files.train) }, backend: "wasm" };
writeFileSync(config, JSON.stringify(sweep));

const alone = await sweepInto("alone", config);
const expected = resultsIn(readFileSync(join(work, "alone", "results.json"), "utf8"));
console.log(`left alone: ${alone.length} cells`);
for (const { values: setting, seed, best } of expected)
  console.log(`  ${JSON.stringify(setting)} seed ${seed}: ${(100 * best.accuracy).toFixed(1)}`);

await sweepInto("halves", config, Math.floor(alone.length / 2));
const kept = alone.filter((id) => existsSync(cellFolder("halves", id)));
const written = kept.map((id) => statSync(cellFolder("halves", id)).mtimeMs);
const rest = await sweepInto("halves", config);
const untouched = kept.every((id, index) => statSync(cellFolder("halves", id)).mtimeMs === written[index]);
const repeated = rest.filter((id) => kept.includes(id)).length;
console.log(
  `killed after ${kept.length} cells, then ${rest.length} more; repeated ${repeated}, kept files ${untouched ? "untouched" : "CHANGED"}`,
);
if (repeated > 0 || !untouched) process.exitCode = 1;
report("killed and gone on with", resultsIn(readFileSync(join(work, "halves", "results.json"), "utf8")), expected);

await ensureSite(root);
report("on the page", await onPage(config), expected);
