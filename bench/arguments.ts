/** The benchmark's command line. */
import { parseArgs } from "node:util";
import { adapterNames, type AdapterName } from "./adapters.ts";
import type { EngineName } from "./engines/engine.ts";

export const parts = ["equal", "savings", "depth", "scaling", "kernels", "matmul"] as const;
export type Part = (typeof parts)[number];

const engineNames = ["studio", "tfjs", "jax-js", "studio-wasm"] as const satisfies readonly EngineName[];
const usualEngines = "studio,tfjs,jax-js";

export interface BenchArguments {
  readonly help: boolean;
  readonly docs: boolean;
  readonly quick: boolean;
  readonly adapter: AdapterName;
  readonly parts: readonly Part[];
  readonly models: readonly string[] | undefined;
  readonly engines: readonly EngineName[];
  readonly sequences: number | undefined;
  readonly tokens: number | undefined;
  readonly promptLength: number | undefined;
  readonly steps: number | undefined;
  /** Of the square matrix products. */
  readonly size: number | undefined;
  /** Python with torch, transformers and peft; absent leaves PEFT out. */
  readonly python: string | undefined;
  readonly json: string | undefined;
  readonly note: string | undefined;
}

export const usage = `npm run --silent bench -- [options]

  --quick             the built-in encoder at a small size, all engines, within a minute
  --null              encode cost alone: Dawn's null backend, 12 layers of width 64, 16 sequences, 20 prompt slots
  --adapter NAME      ${adapterNames.join(", ")} (default swiftshader)
  --parts LIST        ${parts.join(", ")} (default equal, savings)
  --models LIST       see bench/models.ts (default encoder-l4-d128, encoder-l4-d256)
  --engines LIST      ${engineNames.join(", ")} (default ${usualEngines}; tfjs and studio-wasm not at once)
  --sequences N  --tokens N  --prompt N  --steps N
  --size N            of the matrix products (default 2048 on hardware, 256 on software)
  --python PROGRAM    also times PyTorch + PEFT with it (CPU, and CUDA where there is one)
  --json FILE         writes the results: an array with --quick, otherwise merged into the file
  --note TEXT         goes with the results: what a reader should know of the circumstances
  --docs              writes docs/benchmark.md from bench/results and ends
`;

/** @throws with what was expected when an option is wrong */
export function readArguments(args: readonly string[]): BenchArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: "boolean", default: false },
      docs: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      null: { type: "boolean", default: false },
      adapter: { type: "string", default: "swiftshader" },
      parts: { type: "string", default: "equal,savings" },
      models: { type: "string" },
      engines: { type: "string", default: usualEngines },
      sequences: { type: "string" },
      tokens: { type: "string" },
      prompt: { type: "string" },
      steps: { type: "string" },
      size: { type: "string" },
      python: { type: "string" },
      json: { type: "string" },
      note: { type: "string" },
    },
  });
  return {
    help: values.help,
    docs: values.docs,
    quick: values.quick,
    adapter: values.null ? "null" : oneOf(adapterNames, "adapter", values.adapter),
    parts: listOf(parts, "parts", values.parts),
    models: values.models?.split(","),
    engines: listOf(engineNames, "engines", values.engines),
    sequences: count("sequences", values.sequences),
    tokens: count("tokens", values.tokens),
    promptLength: count("prompt", values.prompt),
    steps: count("steps", values.steps),
    size: count("size", values.size),
    python: values.python,
    json: values.json,
    note: values.note,
  };
}

function listOf<Name extends string>(names: readonly Name[], option: string, value: string): Name[] {
  return value.split(",").map((name) => oneOf(names, option, name.trim()));
}

function oneOf<Name extends string>(names: readonly Name[], option: string, value: string): Name {
  const found = names.find((name) => name === value);
  if (found === undefined) throw new Error(`--${option}: "${value}" is none of ${names.join(", ")}.`);
  return found;
}

function count(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${option}: expected a whole number, got "${value}".`);
  return number;
}
