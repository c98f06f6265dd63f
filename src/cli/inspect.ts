/** `inspect`: looks inside a finished run of the command line and prints what it finds as one JSON document. */
import { join } from "node:path";
import { backendSchema } from "../config/experiment.ts";
import { toCsv } from "../lib/csv.ts";
import { frequentConfusions, confusionOf, predictionsTable, worstFirst } from "../lib/exampleOutcome.ts";
import { messageOf } from "../lib/errors.ts";
import { decodeRecord } from "../storage/recordFile.ts";
import {
  inspectionParts,
  inspectRun,
  type InspectedRun,
  type InspectionEvent,
  type InspectionPart,
  type PredictionsReport,
} from "../training/inspect/inspectRun.ts";
import type { ExampleSet } from "../training/prepareData.ts";
import type { RunRecord } from "../training/runRecord.ts";
import { readInspectArguments, required, UsageError, type InspectValues } from "./arguments.ts";
import { openExecutor } from "./device.ts";
import { readExampleSet, readJson, readModelFolder, writeFolder } from "./files.ts";
import { onInterrupt } from "./interrupt.ts";

/** Prints the JSON on stdout and, for people who wait, what it does on stderr; Ctrl+C ends it and prints what is there. */
export async function inspectCommand(args: readonly string[]): Promise<number> {
  const values = readInspectArguments(args);
  const record = await readRecord(required(values.out, "out"));
  const parts = partsOf(values.parts);
  const worst = countOf(values.worst);
  const [model, examples] = await Promise.all([
    readModelFolder(values.model ?? record.experiment.model),
    readRunExamples(record, values),
  ]);
  const executor = await openExecutor(backendSchema.parse(values.backend ?? "auto"));
  const abort = new AbortController();
  const release = onInterrupt(() => abort.abort());
  const document: Record<string, unknown> = { run: record.name, score: record.result.facts.scoreName };
  try {
    const run = inspectedRun(record);
    for await (const event of inspectRun({ run, model, examples, executor, parts, signal: abort.signal })) {
      note(event, document, worst);
      if (event.kind === "predictions" && values.predictions !== undefined) {
        await writeCsv(values.predictions, event.report);
      }
    }
  } finally {
    release();
    executor.dispose();
  }
  process.stdout.write(`${JSON.stringify(document)}\n`);
  return 0;
}

async function readRecord(out: string): Promise<RunRecord> {
  const path = join(out, "run.json");
  try {
    return decodeRecord(await readJson(path));
  } catch (error) {
    throw new UsageError(`--out: expected a folder with the run.json of a finished run. ${messageOf(error)}`);
  }
}

function inspectedRun({ name, experiment, modelHash, dataHash, result }: RunRecord): InspectedRun {
  const { seed, labels } = result.facts;
  return { name, experiment, modelHash, dataHash, seed, labels, tensors: result.tensors };
}

/** The files of the run, or those given instead; why they cannot be read, where they cannot. */
async function readRunExamples({ experiment }: RunRecord, values: InspectValues): Promise<ExampleSet | string> {
  const own = values.train === undefined ? {} : { data: { kind: "own" as const, name: values.train } };
  try {
    return await readExampleSet({ ...experiment, ...own }, values.eval);
  } catch (error) {
    return `${messageOf(error)} Give the run's files with --train and --eval.`;
  }
}

function partsOf(text: string | undefined): readonly InspectionPart[] {
  if (text === undefined) return inspectionParts;
  return text.split(",").map((name) => {
    const part = inspectionParts.find((known) => known === name.trim());
    if (part !== undefined) return part;
    throw new UsageError(`--parts: expected some of ${inspectionParts.join(", ")}, got "${name}".`);
  });
}

function countOf(text: string | undefined): number {
  const count = Number(text ?? 20);
  if (Number.isInteger(count) && count >= 0) return count;
  throw new UsageError(`--worst: expected a whole number of examples, got "${text}".`);
}

function note(event: InspectionEvent, document: Record<string, unknown>, worst: number): void {
  switch (event.kind) {
    case "progress":
      if (process.stderr.isTTY) process.stderr.write(`\r${event.part} ${event.done}/${event.total}   `);
      return;
    case "unavailable":
      document[keyOf(event.part)] = { unavailable: event.reason };
      return;
    case "predictions":
      document["predictions"] = predictionsJson(event.report, worst);
      return;
    case "slots":
    case "attention":
    case "knock-out":
      document[keyOf(event.kind)] = event.report;
      return;
    default:
      return event satisfies never;
  }
}

/** `knock-out` → `knockOut` */
function keyOf(part: InspectionPart): string {
  return part.replace(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase());
}

function predictionsJson({ labels, outcomes, scores }: PredictionsReport, worst: number): object {
  const confusion = confusionOf(outcomes, labels);
  return {
    scores,
    ...(confusion === undefined ? {} : { confusion, mixedUp: frequentConfusions(confusion) }),
    worst: worstFirst(outcomes).slice(0, worst),
  };
}

async function writeCsv(path: string, { outcomes, labels }: PredictionsReport): Promise<void> {
  const cut = path.lastIndexOf("/");
  const [folder, name] = cut < 0 ? [".", path] : [path.slice(0, cut) || "/", path.slice(cut + 1)];
  await writeFolder(folder, new Map([[name, toCsv(predictionsTable(outcomes, labels))]]));
}
