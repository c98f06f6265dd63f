/** Reads the options of `sweep`, and lets them replace data and backend of the file. */
import { parseSweep, type Sweep } from "../config/sweep.ts";
import { defined, parse, readOptions } from "./usage.ts";

export interface SweepValues {
  readonly config?: string;
  readonly train?: string;
  readonly eval?: string;
  readonly backend?: string;
  readonly out?: string;
  readonly json?: boolean;
}

const options = {
  config: { type: "string" },
  train: { type: "string" },
  eval: { type: "string" },
  backend: { type: "string" },
  out: { type: "string" },
  json: { type: "boolean" },
} as const;

/** Options of `sweep`. */
export function readSweepArguments(args: readonly string[]): SweepValues {
  return readOptions(args, options);
}

/** The sweep of the file, on the data and the backend of the options where they say so. */
export function sweepFrom(config: unknown, { train, backend }: SweepValues): Sweep {
  return parse(() => {
    const { base, ...sweep } = parseSweep(config);
    const data = train === undefined ? undefined : { kind: "own", name: train };
    return parseSweep({ ...sweep, base: { ...base, ...defined({ data, backend }) } });
  });
}
