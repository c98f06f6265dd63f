/**
 * Makes the three finished example runs that the page shows before anyone presses Train: head only, soft prompt and deep
 * prompt on the built-in sentiment set, by the command line itself. Writes public/examples/*.json and their index.
 *
 *   node tools/makeExamples.mjs [--backend wasm]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, "public", "examples");
const extra = process.argv.slice(2);

/** File name, the run's name on the page, and the settings that differ from the defaults. */
const EXAMPLES = [
  ["head-only", "head only", ["--method", "head-only"]],
  ["prompt-tuning", "soft prompt", ["--method", "prompt-tuning"]],
  ["prefix-tuning", "deep prompt", ["--method", "prefix-tuning"]],
];

mkdirSync(folder, { recursive: true });
const index = EXAMPLES.map(([file, name, settings]) => {
  const out = mkdtempSync(join(tmpdir(), "example-"));
  const args = ["tools/cli.mjs", "train", "--data", "sentiment", "--name", name, "--out", out, ...settings, ...extra];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) throw new Error(`The example "${name}" could not be trained; the command above says why.`);
  const record = JSON.parse(readFileSync(join(out, "run.json"), "utf8"));
  rmSync(out, { recursive: true });
  writeFileSync(join(folder, `${file}.json`), JSON.stringify({ ...record, id: `example-${file}`, example: true }));
  return `${file}.json`;
});
writeFileSync(join(folder, "index.json"), `${JSON.stringify(index, null, 2)}\n`);
