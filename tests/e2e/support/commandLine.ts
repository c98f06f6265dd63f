/** The studio's command line as a second opinion: the same adapter, outside the browser. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const MODEL = ["--model", "encoder-l4-d128"];

export interface CommandLineAnswer {
  readonly label: string;
  readonly logits: readonly number[];
}

/** Runs a command to its end and returns what it printed. @throws with its words on stderr when it says no */
export function onCommandLine(command: string, ...options: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, ["tools/cli.mjs", command, ...options], {
    cwd: ROOT,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr.trim());
  return stdout;
}

/** What `predict` answers to texts with an adapter's folder and the built-in model. @throws as `onCommandLine` */
export function answersOnCommandLine(adapter: string, texts: readonly string[]): CommandLineAnswer[] {
  return inTemporaryFolder((folder) => {
    const input = join(folder, "input.jsonl");
    writeFileSync(input, texts.map((text) => JSON.stringify({ text })).join("\n"));
    const lines = onCommandLine("predict", ...MODEL, "--adapter", adapter, "--input", input, "--json");
    return lines
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as CommandLineAnswer);
  });
}

/** Labels that `predict` gives to texts with the files of an adapter. */
export function predictOnCommandLine(adapter: ReadonlyMap<string, Uint8Array>, texts: readonly string[]): string[] {
  return inTemporaryFolder((folder) => {
    const own = join(folder, "adapter");
    mkdirSync(own);
    for (const [name, bytes] of adapter) writeFileSync(join(own, name), bytes);
    return answersOnCommandLine(own, texts).map(({ label }) => label);
  });
}

function inTemporaryFolder<Result>(work: (folder: string) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), "softprompt-command-line-"));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
