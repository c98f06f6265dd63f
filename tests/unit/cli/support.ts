/** The command line inside the tests' own process: arguments in, exit status and both streams out. A folder for its files. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, vi } from "vitest";
import { runCommandLine } from "../../../src/cli/commandLine.ts";

export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command to its end. */
export async function commandLine(...args: readonly string[]): Promise<Ended> {
  const written = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((name) =>
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      written[name] += String(text);
      return true;
    }),
  );
  try {
    return { status: await runCommandLine(args), ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** Expects the command to end with these words on stderr, and no line of a stack. */
export async function expectMistake(args: readonly string[], ...messages: readonly string[]): Promise<void> {
  const { status, stdout, stderr } = await commandLine(...args);
  for (const message of messages) expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(stdout).toBe("");
  expect(status).toBe(1);
}

/** A folder of its own, with files by their paths in it. */
export class WorkFolder {
  readonly #path = mkdtempSync(join(tmpdir(), "command-line-"));

  path(...parts: readonly string[]): string {
    return join(this.#path, ...parts);
  }

  /** Writes a file and returns its path. */
  write(name: string, content: string | Uint8Array): string {
    const path = this.path(name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  /** Writes files into a folder and returns its path. */
  writeAll(folder: string, files: ReadonlyMap<string, Uint8Array>): string {
    for (const [name, bytes] of files) this.write(join(folder, name), bytes);
    return this.path(folder);
  }

  remove(): void {
    rmSync(this.#path, { recursive: true });
  }
}
