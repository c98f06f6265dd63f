/**
 * Times PyTorch + PEFT on the same machine and problem: writes model, start values and batches as files, runs peft.py, and
 * compares its first losses with the studio's. Dropout is off; PEFT pads every batch to its longest text.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { writeSafetensors } from "../src/interop/safetensors.ts";
import type { BenchEngine } from "./engines/engine.ts";
import { lossTolerance, rounded } from "./measure.ts";
import { bertConfig } from "./models.ts";
import { adamw, trainedNames, type Problem } from "./problem.ts";
import type { Result } from "./results.ts";

const checkedSteps = 10;

const answerSchema = z.object({
  device: z.string(),
  losses: z.array(z.number()),
  stepMs: z.number(),
  firstStepMs: z.number(),
  steps: z.number(),
});

type Answer = z.infer<typeof answerSchema>;

/** Device and precision of one run; CUDA's are left out where there is no CUDA. */
const runs = [
  { device: "cpu", precision: "float32" },
  { device: "cuda", precision: "float32" },
  { device: "cuda", precision: "bfloat16" },
] as const;

export interface PeftOptions {
  /** Python with torch, transformers and peft. */
  readonly python: string;
  readonly steps: number;
  readonly studio: BenchEngine;
}

/** One result per device and precision. @throws when Python fails or the losses differ from the studio's */
export async function measurePeft(problem: Problem, { python, steps, studio }: PeftOptions): Promise<Result[]> {
  const expected = await studioLosses(problem, studio);
  const folder = mkdtempSync(join(tmpdir(), "softprompt-bench-"));
  try {
    writeProblem(folder, problem);
    const wanted = runs.filter(({ device }) => device === "cpu" || hasCuda(python));
    return wanted.map(({ device, precision }) => {
      const args = ["bench/peft.py", folder, "--device", device, "--precision", precision, "--steps", String(steps)];
      const answer = answerSchema.parse(JSON.parse(runPython(python, args).trim().split("\n").at(-1) ?? ""));
      if (precision === "float32") checkLosses(answer.losses, expected);
      return resultOf(problem, `peft ${device} ${precision}`, answer);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function studioLosses(problem: Problem, studio: BenchEngine): Promise<number[]> {
  const session = await studio.open(problem);
  const losses: number[] = [];
  for (let step = 0; step < checkedSteps; step++) {
    await session.step(step);
    losses.push(await session.loss());
  }
  session.dispose();
  return losses;
}

function writeProblem(folder: string, problem: Problem): void {
  const { model, initial, batches, promptLength, classes } = problem;
  const { dimensions, weights: shapes } = model.family;
  const valuesOf = (values: ReadonlyMap<string, Float32Array>, name: string): Float32Array => {
    const found = values.get(name);
    if (found === undefined) throw new Error(`The problem has no "${name}".`);
    return found;
  };
  const isVector = (name: string): boolean => name.endsWith(".bias") || name.endsWith("LayerNorm.weight");
  const encoder = shapes.map(({ name, rows, width }) => ({
    name: `bert.${name}`,
    shape: isVector(name) ? [width] : [rows, width],
    values: valuesOf(model.weights, name),
  }));
  const head = [
    { name: trainedNames.weight, shape: [classes, dimensions.width], values: valuesOf(initial, trainedNames.weight) },
    { name: trainedNames.bias, shape: [classes], values: valuesOf(initial, trainedNames.bias) },
  ];
  const prefix = valuesOf(initial, trainedNames.prefix);
  const shape = [promptLength, prefix.length / promptLength];
  const noDropout = { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0, classifier_dropout: 0 };
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...bertConfig(dimensions), ...noDropout }));
  writeFileSync(join(folder, "model.safetensors"), writeSafetensors([...encoder, ...head]));
  writeFileSync(join(folder, "prefix.safetensors"), writeSafetensors([{ name: "prefix", shape, values: prefix }]));
  const plain = batches.map((batch) => ({
    ids: batch.map(({ ids }) => [...ids]),
    labels: batch.map(({ label }) => label),
  }));
  writeFileSync(
    join(folder, "problem.json"),
    JSON.stringify({ promptLength, classes, adamw, checkedSteps, batches: plain }),
  );
}

function hasCuda(python: string): boolean {
  return runPython(python, ["-c", "import torch; print(torch.cuda.is_available())"]).trim() === "True";
}

function runPython(python: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(python, args, { encoding: "utf8", maxBuffer: 2 ** 26 });
  if (status === 0) return stdout;
  throw new Error(
    `${python} ${args[0]} failed: ${error?.message ?? stderr}\nIt needs torch, transformers, peft and safetensors.`,
  );
}

function checkLosses(losses: readonly number[], expected: readonly number[]): void {
  const differences = expected.map((loss, step) => Math.abs(loss - (losses[step] ?? Number.NaN)));
  const worst = Math.max(...differences);
  if (worst <= lossTolerance) return;
  throw new Error(
    `PEFT's first ${checkedSteps} losses (${losses.join(", ")}) differ from the studio's (${expected.join(", ")}) by up to ` +
      `${worst}; expected at most ${lossTolerance}. The two do not train the same, so their times mean nothing.`,
  );
}

/** PyTorch makes no calls of WebGPU, and encodes while it computes. */
const noCalls = {
  dispatches: 0,
  passes: 0,
  submits: 0,
  bindGroups: 0,
  buffers: 0,
  bytesWritten: 0,
  encodeMs: 0,
};

function resultOf(problem: Problem, engine: string, { device, losses, stepMs, firstStepMs, steps }: Answer): Result {
  return {
    model: problem.model.id,
    engine,
    adapter: device,
    ...noCalls,
    stepMs: rounded(stepMs),
    firstStepMs: rounded(firstStepMs),
    loss: losses[0] ?? Number.NaN,
    mode: problem.mode,
    sequences: problem.batches[0]?.length ?? 0,
    tokens: problem.paddedTokens,
    promptLength: problem.promptLength,
    steps,
  };
}
