/** The command line: chooses the command and turns mistakes into messages. */
import { DataError, SettingsError } from "../lib/errors.ts";
import { methodKinds } from "../methods/index.schema.ts";
import { UsageError } from "./arguments.ts";
import { inspectCommand } from "./inspect.ts";
import { predictCommand } from "./predict.ts";
import { sweepCommand } from "./sweep.ts";
import { trainCommand } from "./train.ts";

const usage = `Softprompt Studio on the command line

  npm run --silent cli -- train --data sentiment --method prefix-tuning --out runs/first
  npm run --silent cli -- train --model DIR|ID --task TASK --train FILE [--eval FILE] --method KIND [--length P] [--layers 1-4|1,3|all]
      [--init vocabulary|random|text] [--reparameterisation none|mlp|lstm|thudm-…] [--dropout SHARE] [--steps N] [--batch B]
      [--learning-rate X] [--examples-per-class K] [--seed S] [--seeds 1|3|5] [--backend auto|webgpu|tfjs-webgpu|wasm|cpu] [--config FILE]
      --out DIR [--json]
      Several --data or --train share one prompt, each with a head of its own, and the first may go on alone:
      [--sampling proportional|uniform] [--continue-steps N] [--continue-head kept|fresh]
  npm run --silent cli -- train --continue DIR [--steps N] [--train FILE] [--eval FILE] --out DIR [--json]
  npm run --silent cli -- predict --model DIR|ID --adapter DIR/adapter --input FILE [--json]
      Several --adapter (DIR or NAME=DIR) answer on one copy of the model: the one a row names in "adapter", or each of them
  npm run --silent cli -- inspect --out DIR [--parts predictions,slots,attention,knock-out] [--worst N] [--predictions FILE.csv]
      [--model DIR|ID] [--train FILE --eval FILE] [--backend …]
  npm run --silent cli -- sweep --config FILE [--train FILE --eval FILE] [--backend …] --out DIR [--json]
      {"base": {settings that differ}, "axes": [{"field": "method.promptLength", "values": [1, 16]}], "seeds": [1, 2]}
      runs every combination; killed or stopped, the same command goes on where it was

Methods: ${methodKinds.join(", ")}.
Tasks and their files:
  sequence-classification  JSON Lines {"text":…,"label":…,"text_pair":…}, CSV or TSV with a header
      [--head linear|verbalizer] [--template "{text} It was [MASK]."] [--label-words label=word,label=word]
  token-classification     CoNLL columns, JSON Lines {"tokens":[…],"tags":[…],"predicate":N} [--spans lenient|strict]
  question-answering       SQuAD JSON, JSON Lines {"context":…,"question":…,"answers":[…]}
      [--stride N] [--longest-answer N]
  causal-lm                JSON Lines {"source":…,"target":…} or {"text":…}, CSV or TSV
`;

const commands: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  train: trainCommand,
  predict: predictCommand,
  inspect: inspectCommand,
  sweep: sweepCommand,
};

/**
 * Runs one command: results on stdout, mistakes on stderr.
 * @returns the exit status: 0, 1 after a mistake or when a part of the work failed, 2 when there is no such command
 */
export async function runCommandLine([name = "help", ...args]: readonly string[]): Promise<number> {
  const command = commands[name];
  const asked = name === "help" || [name, ...args].some((argument) => ["--help", "-h"].includes(argument));
  if (asked || command === undefined) {
    (asked ? process.stdout : process.stderr).write(asked ? usage : `There is no command "${name}".\n\n${usage}`);
    return asked ? 0 : 2;
  }
  try {
    return await command(args);
  } catch (error) {
    process.stderr.write(`${describe(error)}\n`);
    return 1;
  }
}

/** A mistake of the person at the keyboard in one sentence; anything else with its stack. */
function describe(error: unknown): string {
  if (error instanceof UsageError || error instanceof SettingsError || error instanceof DataError) return error.message;
  return String(error instanceof Error ? (error.stack ?? error) : error);
}
