/**
 * `predict` with several adapters: a row of JSON Lines names the one that answers it in its field `adapter`, or all of them
 * answer every row. The frozen model is on the device once, and rows of several adapters go through it in one batch.
 */
import { basename, dirname, resolve } from "node:path";
import { backendSchema } from "../config/experiment.ts";
import { readObjects } from "../lib/examples/parsedFile.ts";
import { parseTaskInputs } from "../tasks/exampleFiles.ts";
import type { Adapter } from "../training/adapter.ts";
import { importAdapter } from "../training/adapterFiles.ts";
import { createMixedPredictor, type MixedInput } from "../training/mixedPredict.ts";
import { answerJson, answerText } from "./answers.ts";
import { UsageError } from "./arguments.ts";
import { openExecutor } from "./device.ts";
import { readAdapterFolder, readInputs, readModelFolder, readText, userPath } from "./files.ts";

export interface MixedOptions {
  readonly model: string;
  /** Folders, or `name=folder`. */
  readonly adapters: readonly string[];
  readonly input: string;
  readonly backend?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Prints one line per row and adapter that answers it, in the order of the rows. */
export async function predictMixed({
  model: modelName,
  adapters: paths,
  input,
  backend,
  json,
}: MixedOptions): Promise<void> {
  const model = await readModelFolder(modelName);
  const named = paths.map(namedFolder);
  const names = named.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new UsageError(`--adapter: two are called "${twice}". Name them: --adapter first=DIR.`);
  const adapters = await Promise.all(
    named.map(async ({ folder }) => {
      const files = await readAdapterFolder(folder);
      return importAdapter(files, model);
    }),
  );
  const inputs = await readMixedInputs(input, names, adapters);
  const executor = await openExecutor(backendSchema.parse(backend ?? "auto"));
  try {
    const predictor = await createMixedPredictor({ adapters, model, executor });
    const answers = await predictor.predict(inputs).finally(() => predictor.dispose());
    for (const [index, answer] of answers.entries()) {
      const adapter = names[inputs[index]?.adapter ?? -1] ?? "";
      const line = json ? JSON.stringify({ adapter, ...answerJson(answer) }) : `${adapter}\t${answerText(answer)}`;
      process.stdout.write(`${line}\n`);
    }
  } finally {
    executor.dispose();
  }
}

/** `name=folder`, or the folder called by its own name; a run's `adapter` folder by the run's. */
function namedFolder(text: string): { name: string; folder: string } {
  const given = /^([\w.-]+)=(.+)$/.exec(text);
  if (given !== null) return { name: given[1] ?? "", folder: given[2] ?? "" };
  const path = resolve(userPath(text));
  return { name: basename(path) === "adapter" ? basename(dirname(path)) : basename(path), folder: text };
}

/** Rows in their order, each with its adapter. Throws when a row names one that was not given. */
async function readMixedInputs(
  path: string,
  names: readonly string[],
  adapters: readonly Adapter[],
): Promise<MixedInput[]> {
  const content = await readText(path);
  const rows = readObjects(content).map((row) => ("value" in row ? row.value["adapter"] : undefined));
  if (rows.every((name) => name === undefined)) {
    const read = await Promise.all(adapters.map(({ experiment }) => readInputs(path, experiment.task.kind)));
    return (read[0] ?? []).flatMap((_, row) =>
      read.flatMap((own, adapter): MixedInput[] => own.slice(row, row + 1).map((input) => ({ adapter, input }))),
    );
  }
  const places = rows.map((name) => names.findIndex((known) => known === name));
  const odd = places.indexOf(-1);
  if (odd >= 0) {
    const got = rows[odd] === undefined ? "none" : JSON.stringify(rows[odd]);
    throw new UsageError(`${path}, row ${odd + 1}: expected "adapter" to be one of ${names.join(", ")}, got ${got}.`);
  }
  const lines = content.split("\n").filter((line) => line.trim() !== "");
  const own = await Promise.all(
    adapters.map(async ({ experiment }, place) => {
      const text = lines.filter((_, row) => places[row] === place).join("\n");
      if (text === "") return [];
      const parsed = await parseTaskInputs(experiment.task.kind, basename(path), text);
      if (parsed.kind === "problem") throw new UsageError(`Rows for "${names[place] ?? ""}": ${parsed.message}`);
      return parsed.examples;
    }),
  );
  const next = adapters.map(() => 0);
  return places.flatMap((place): MixedInput[] => {
    const row = next[place] ?? 0;
    next[place] = row + 1;
    return (own[place] ?? []).slice(row, row + 1).map((input) => ({ adapter: place, input }));
  });
}
