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

/** The method, which also names the file, and the run's name on the page. All other settings are the defaults. */
const EXAMPLES = [
  { method: "head-only", name: "head only" },
  { method: "prompt-tuning", name: "soft prompt" },
  { method: "prefix-tuning", name: "deep prompt" },
];

mkdirSync(folder, { recursive: true });
const index = EXAMPLES.map(({ method, name }) => {
  const out = mkdtempSync(join(tmpdir(), "example-"));
  const args = [
    "tools/cli.mjs",
    "train",
    "--data",
    "sentiment",
    "--name",
    name,
    "--method",
    method,
    "--out",
    out,
    ...extra,
  ];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) throw new Error(`The example "${name}" could not be trained; the command above says why.`);
  const record = JSON.parse(readFileSync(join(out, "run.json"), "utf8"));
  rmSync(out, { recursive: true });
  writeFileSync(join(folder, `${method}.json`), JSON.stringify({ ...record, id: `example-${method}`, example: true }));
  return `${method}.json`;
});
writeFileSync(join(folder, "index.json"), `${JSON.stringify(index, null, 2)}\n`);
