/** `cli sweep` as a process of its own, which may be killed without warning in the middle of it. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface EndedSweep {
  /** What it printed, one object per whole line. */
  readonly lines: readonly Record<string, unknown>[];
  /** Ids of the cells that it told of. */
  readonly cells: readonly string[];
  readonly stderr: string;
  /** Null when it was killed. */
  readonly code: number | null;
}

/** Runs the command with options by name, all paths absolute; kills it as soon as it has told so many cells. */
export function sweepCommand(options: Readonly<Record<string, string>>, killAfter = Infinity): Promise<EndedSweep> {
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(process.execPath, [join(root, "tools/cli.mjs"), "sweep", ...flags, "--json"], { cwd: root });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (part: Buffer) => {
    stdout += part.toString();
    if (cellsIn(linesIn(stdout)).length >= killAfter) child.kill("SIGKILL");
  });
  child.stderr.on("data", (part: Buffer) => void (stderr += part.toString()));
  return new Promise((resolve, reject) => {
    child.on("error", reject).on("close", (code) => {
      const lines = linesIn(stdout);
      resolve({ lines, cells: cellsIn(lines), stderr, code });
    });
  });
}

/** The last line may still be on its way. */
function linesIn(text: string): Record<string, unknown>[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

function cellsIn(lines: readonly Record<string, unknown>[]): string[] {
  return lines.flatMap(({ cell }) => (typeof cell === "string" ? cell : []));
}
