/** The studio's command line as a second opinion: the same adapter, outside the browser. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** Labels that `predict` gives to texts with an adapter of the built-in model. */
export function predictOnCommandLine(adapter: ReadonlyMap<string, Uint8Array>, texts: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), "softprompt-predict-"));
  try {
    mkdirSync(join(folder, "adapter"));
    for (const [name, bytes] of adapter) writeFileSync(join(folder, "adapter", name), bytes);
    const input = join(folder, "input.jsonl");
    writeFileSync(input, texts.map((text) => JSON.stringify({ text })).join("\n"));
    const options = ["--model", "encoder-l4-d128", "--adapter", join(folder, "adapter"), "--input", input, "--json"];
    const { stdout, stderr, status } = spawnSync(process.execPath, ["tools/cli.mjs", "predict", ...options], {
      cwd: ROOT,
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`The command line ended with ${status}: ${stderr}`);
    return stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { label: string }).label);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
