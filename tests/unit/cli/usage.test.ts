import { describe, expect, it } from "vitest";
import {
  readInspectArguments,
  readPredictArguments,
  readTrainArguments,
  UsageError,
} from "../../../src/cli/arguments.ts";
import { readSweepArguments } from "../../../src/cli/sweepArguments.ts";

const commands = {
  train: readTrainArguments,
  predict: readPredictArguments,
  inspect: readInspectArguments,
  sweep: readSweepArguments,
};

describe.each(Object.entries(commands))("options of %s", (_, read) => {
  it("are named when unknown, with where all of them stand", () => {
    expect(() => read(["--colour", "red"])).toThrow(UsageError);
    expect(() => read(["--colour", "red"])).toThrow(/'--colour'[^]*cli -- help" lists the options/);
  });

  it("are asked for their value", () => {
    expect(() => read(["--backend"])).toThrow(/--backend <value>' argument missing/);
  });
});
