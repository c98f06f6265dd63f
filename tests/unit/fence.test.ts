/**
 * The dependency fence of .oxlintrc.json, tried on small probe files laid out like src in a temporary folder.
 * The lint stage applies the fence to the real sources; this test shows that it would fire, and with which words.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FENCE_RULE = "no-restricted-imports";

interface Finding {
  readonly code?: string;
  readonly message: string;
  readonly help?: string;
  readonly filename: string;
}

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fence-"));
  copyFileSync(join(ROOT, ".oxlintrc.json"), join(folder, ".oxlintrc.json"));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Writes a file that only imports the given specifiers, for their side effects. */
function writeProbe(path: string, specifiers: readonly string[]): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), specifiers.map((specifier) => `import "${specifier}";\n`).join(""));
}

/** What the fence says about the probes, as "file: advice". */
function lintProbes(): string[] {
  const oxlint = join(ROOT, "node_modules", "oxlint", "bin", "oxlint");
  const { stdout } = spawnSync(process.execPath, [oxlint, "--format=json", "src"], { cwd: folder, encoding: "utf8" });
  const { diagnostics }: { diagnostics: Finding[] } = JSON.parse(stdout);
  return diagnostics
    .filter((finding) => finding.code?.includes(FENCE_RULE))
    .map((finding) => `${finding.filename}: ${finding.help ?? finding.message}`);
}

it.each([
  ["src/lib/probe.ts", "../engine/graph/tensor.ts", "lib stands at the bottom"],
  ["src/engine/probe.ts", "../models/bert.ts", "engine may import only lib"],
  ["src/engine/webgpu/probe.ts", "@tensorflow/tfjs-core", "TensorFlow.js to src/engine/tfjs"],
  ["src/models/probe.ts", "../methods/prefixTuning.ts", "models may import only engine, interop and lib"],
  ["src/models/probe.ts", "@huggingface/tokenizers", "the tokenizer library to src/models/tokenizer.ts"],
  ["src/methods/probe.ts", "../training/train.ts", "methods may import only models, engine and lib"],
  ["src/methods/probe.ts", "node:fs", "Node's modules and Dawn to src/cli"],
  ["src/methods/probe.schema.ts", "./prefixTuning.ts", "A schema file may import only lib and other schema files"],
  ["src/tasks/probe.ts", "../methods/prefixTuning.ts", "tasks may import only models, engine and lib"],
  ["src/config/probe.ts", "../methods/prefixTuning.ts", "config may import only the schema files"],
  ["src/training/probe.ts", "../experiments/sweep.ts", "training may not import what stands above it"],
  ["src/experiments/probe.ts", "../worker/worker.ts", "experiments may not import what stands above it"],
  ["src/worker/worker.ts", "../ui/App.tsx", "The worker knows nothing of the page"],
  ["src/worker/protocol.ts", "../training/train.ts", "Both threads load the protocol"],
  ["src/worker/client.ts", "../training/train.ts", "The worker's client runs in the page"],
  ["src/store/probe.ts", "../training/train.ts", "ui and store see only worker/protocol, config, lib"],
  ["src/ui/pages/probe.tsx", "../../worker/client.ts", "ui and store see only worker/protocol, config, lib"],
  ["src/ui/pages/probe.tsx", "../../models/bert.ts", "ui and store see only worker/protocol, config, lib"],
  ["src/ui/pages/probe.tsx", "../../storage/runDatabase.ts", "ui and store see only worker/protocol, config, lib"],
  ["src/storage/probe.ts", "../training/train.ts", "storage may import only config, lib, *.schema.ts files"],
  ["src/interop/probe.ts", "@xenova/transformers", "transformers.js to src/interop/transformers.ts"],
  ["src/cli/probe.ts", "../worker/worker.ts", "The command line runs without a worker"],
])("%s may not import %s", (path, specifier, message) => {
  writeProbe(path, [specifier]);
  expect(lintProbes()).toEqual([expect.stringContaining(message)]);
});

it("lets every folder import what stands below it", () => {
  writeProbe("src/lib/probe.ts", ["./random.ts"]);
  writeProbe("src/engine/tfjs/probe.ts", ["@tensorflow/tfjs-core", "../graph/tensor.ts", "../../lib/random.ts"]);
  writeProbe("src/models/tokenizer.ts", ["@huggingface/tokenizers", "../engine/executor.ts"]);
  writeProbe("src/methods/probe.ts", ["./probe.schema.ts", "../models/family.ts", "../lib/random.ts"]);
  writeProbe("src/config/probe.ts", ["../methods/prefixTuning.schema.ts", "../lib/random.ts"]);
  writeProbe("src/training/probe.ts", ["../methods/index.ts", "../tasks/index.ts", "../config/experiment.ts"]);
  writeProbe("src/worker/worker.ts", ["../experiments/sweep.ts", "../training/train.ts"]);
  writeProbe("src/store/probe.ts", [
    "zustand",
    "../worker/client.ts",
    "../worker/protocol.ts",
    "../config/experiment.ts",
  ]);
  writeProbe("src/store/restore.ts", ["../storage/runDatabase.ts"]);
  writeProbe("src/ui/pages/probe.tsx", ["react", "../../worker/protocol.ts", "../../store/runs.ts"]);
  writeProbe("src/interop/transformers.ts", ["@xenova/transformers"]);
  writeProbe("src/cli/probe.ts", ["node:fs", "webgpu", "../experiments/sweep.ts", "../training/train.ts"]);
  expect(lintProbes()).toEqual([]);
});

it("holds for dynamic imports of the real sources, which the lint rule itself does not look at", () => {
  const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" }).filter((path) =>
    /\.tsx?$/.test(path),
  );
  for (const path of sources) {
    const text = readFileSync(join(ROOT, "src", path), "utf8");
    const specifiers = [...text.matchAll(/\bimport\(\s*["']([^"']+)["']/g)].map((match) => match[1] ?? "");
    writeProbe(join("src", path), specifiers);
  }
  expect(sources.length).toBeGreaterThan(0);
  expect(lintProbes()).toEqual([]);
});
