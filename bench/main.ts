/** The benchmark: `npm run bench -- …`. Reads the command line, runs the parts asked for and writes what they measured. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { openAdapter, type OpenedAdapter } from "./adapters.ts";
import { readArguments, usage, type BenchArguments, type Part } from "./arguments.ts";
import { measureDepths } from "./depth.ts";
import type { BenchEngine, EngineName } from "./engines/engine.ts";
import { jaxJsEngine } from "./engines/jaxJs.ts";
import { fallbackEngine, studioEngine } from "./engines/studio.ts";
import { tfjsEngine } from "./engines/tfjs.ts";
import { kernelRates, peakOf } from "./kernelRates.ts";
import { measureMatmuls } from "./matmuls.ts";
import { measure, type MeasureOptions } from "./measure.ts";
import { openModel } from "./models.ts";
import { measurePeft } from "./peft.ts";
import { equalProblem, type Problem, type ProblemSizes } from "./problem.ts";
import { raggedProblem } from "./ragged.ts";
import { describeMeasured, writeReport } from "./report.ts";
import { nothingMeasured, readRun, writeJson, writeRun, type Measured, type Result } from "./results.ts";
import { measureScaling } from "./scaling.ts";

interface Bench {
  readonly args: BenchArguments;
  readonly adapter: OpenedAdapter;
  readonly engines: readonly BenchEngine[];
  readonly options: MeasureOptions;
}

/** Sizes of the modes, where the command line names none. */
const usual = { sequences: 16, tokens: 64, promptLength: 20, steps: 15 };
/** TensorFlow.js and jax-js need about half of the minute on SwiftShader to compile their kernels. */
const quick = { sequences: 2, tokens: 8, promptLength: 4, steps: 15, endSeconds: 45, model: "encoder-l4-d128" };
const nullModel = "encoder-l12-d64";
const usualMatmul = { software: 256, hardware: 2048 } as const;
const usualModels = ["encoder-l4-d128", "encoder-l4-d256"];

async function main(): Promise<void> {
  const args = readArguments(process.argv.slice(2));
  if (args.help) process.stdout.write(usage);
  else if (args.docs) process.stdout.write(`${writeReport(process.cwd())}\n`);
  else await run(args);
}

async function run(args: BenchArguments): Promise<void> {
  // A file that cannot take the results should be known before an hour of measuring.
  if (args.json !== undefined && !args.quick && existsSync(userPath(args.json))) readRun(userPath(args.json));
  const bench = await openBench(args);
  const nothing: Measured = { ...nothingMeasured, ...(args.note === undefined ? {} : { note: args.note }) };
  if (args.quick || args.adapter === "null") {
    const results = await measure(await compactProblem(args), bench.engines, bench.options);
    if (args.quick && args.json !== undefined) writeJson(userPath(args.json), results);
    else output(args, { ...nothing, results });
    return;
  }
  // Each model's figures are written as they come: a later one may run out of time or memory.
  for (const part of args.parts) {
    for await (const found of runPart(part, bench)) output(args, { ...nothing, ...found });
  }
}

async function openBench(args: BenchArguments): Promise<Bench> {
  const adapter = await openAdapter(args.adapter);
  const makers: Record<EngineName, () => BenchEngine> = {
    studio: () => studioEngine(adapter.gpu),
    tfjs: () => tfjsEngine(adapter.gpu),
    "jax-js": jaxJsEngine,
    "studio-wasm": fallbackEngine,
  };
  const options: MeasureOptions = {
    adapter: adapter.description,
    steps: args.steps ?? usual.steps,
    ...(args.quick ? { endSeconds: quick.endSeconds } : {}),
    checkLosses: args.adapter !== "null",
    log: (line) => process.stderr.write(`${line}\n`),
  };
  return { args, adapter, engines: args.engines.map((name) => makers[name]()), options };
}

function sizesOf(args: BenchArguments, defaults: typeof usual): ProblemSizes {
  return {
    batchSize: args.sequences ?? defaults.sequences,
    tokens: args.tokens ?? defaults.tokens,
    promptLength: args.promptLength ?? defaults.promptLength,
  };
}

/** The one problem of --quick and --null. */
async function compactProblem(args: BenchArguments): Promise<Problem> {
  const model = await openModel(args.models?.[0] ?? (args.quick ? quick.model : nullModel));
  return equalProblem(model, sizesOf(args, args.quick ? quick : usual));
}

async function* runPart(part: Part, bench: Bench): AsyncGenerator<Partial<Measured>, void> {
  const { args, adapter, engines, options } = bench;
  const { gpu, description } = adapter;
  const kind = args.adapter === "hardware" ? "hardware" : "software";
  const names = args.models ?? usualModels;
  const sizes = sizesOf(args, usual);
  switch (part) {
    case "equal":
    case "savings":
      for (const name of names) {
        const model = await openModel(name);
        const problem = part === "equal" ? equalProblem(model, sizes) : await raggedProblem(model, sizes);
        yield { results: await measure(problem, engines, options) };
        yield { results: await peftResults(problem, bench) };
      }
      return;
    case "depth":
      for (const name of names) {
        const measured = { adapter: description, steps: options.steps };
        yield { depths: await measureDepths(gpu, await openModel(name), sizes, measured) };
      }
      return;
    case "scaling":
      yield { scaling: await measureScaling(gpu, { adapter: description, kind, steps: options.steps }) };
      return;
    case "kernels": {
      const peak = await peakOf(gpu, description);
      for (const name of names) {
        const problem = equalProblem(await openModel(name), sizes);
        yield { kernels: await kernelRates(gpu, problem, peak), peaks: [peak] };
      }
      return;
    }
    case "matmul": {
      const peak = await peakOf(gpu, description);
      yield { matmuls: await measureMatmuls(gpu, args.size ?? usualMatmul[kind], peak), peaks: [peak] };
      return;
    }
    default:
      return part satisfies never;
  }
}

/** PyTorch + PEFT, where --python names one. */
async function peftResults(problem: Problem, { args, adapter, options }: Bench): Promise<Result[]> {
  if (args.python === undefined) return [];
  if (problem.model.family.causal) {
    options.log(`${problem.model.id}: PEFT is compared on BERT alone, because its GPT-2 classifier has no bias.`);
    return [];
  }
  return measurePeft(problem, { python: args.python, steps: options.steps, studio: studioEngine(adapter.gpu) });
}

function output(args: BenchArguments, measured: Measured): void {
  if (args.json === undefined) process.stdout.write(describeMeasured(measured));
  else writeRun(userPath(args.json), measured);
}

/** npm runs scripts in the project's folder and tells where the user stood. */
function userPath(path: string): string {
  return resolve(process.env["INIT_CWD"] ?? process.cwd(), path);
}

try {
  await main();
  // Dawn keeps the process alive as long as a device exists, and jax-js never closes its own.
  process.exit(0);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
}
