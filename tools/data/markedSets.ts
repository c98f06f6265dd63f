/**
 * The built-in sets that come from marked sources: it splits them and writes `train.jsonl` and `eval.jsonl` into
 * `public/data/<id>`. Run as a program it also prints the checks (`checkMarked.ts`) and yardsticks (`trivialBaselines.ts`).
 */
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { randomStream } from "../../src/lib/random.ts";
import { checkQuestions, checkTagged, type MarkedProblem } from "./checkMarked.ts";
import { parseQuestionSource, parseTaggedSource, type Item, type QuestionRow, type TaggedRow } from "./markup.ts";
import { describeQuestions, describeTagged } from "./trivialBaselines.ts";

export const taggedSetIds = ["entities", "slots", "roles"] as const;
export const questionSetIds = ["questions"] as const;

export interface Split<Row> {
  readonly train: readonly Row[];
  readonly eval: readonly Row[];
}

export function taggedSet(id: (typeof taggedSetIds)[number]): Split<TaggedRow> {
  return splitItems(parseTaggedSource(...readSource(id)), id);
}

export function questionSet(id: (typeof questionSetIds)[number]): Split<QuestionRow> {
  return splitItems(parseQuestionSource(...readSource(id)), id);
}

/** The lines of one part as they stand in its file. */
export function jsonLines(rows: readonly (TaggedRow | QuestionRow)[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

function readSource(id: string): [name: string, source: string] {
  const name = `tools/data/sources/${id}.txt`;
  return [name, readFileSync(name, "utf8")];
}

/** Every fourth item goes to eval. Sources are ordered by subject, so each subject is in both parts. Then rows are shuffled. */
function splitItems<Row>(items: readonly Item<Row>[], id: string): Split<Row> {
  const isEval = (index: number): boolean => index % 4 === 3;
  return {
    train: randomStream(0, id, "train").shuffle(items.filter((_, index) => !isEval(index)).flat()),
    eval: randomStream(0, id, "eval").shuffle(items.filter((_, index) => isEval(index)).flat()),
  };
}

function write(id: string, split: Split<TaggedRow | QuestionRow>): void {
  writeFileSync(`public/data/${id}/train.jsonl`, jsonLines(split.train));
  writeFileSync(`public/data/${id}/eval.jsonl`, jsonLines(split.eval));
}

function report(id: string, problems: readonly MarkedProblem[], description: string): void {
  console.log(`${id}\n${description}`);
  for (const { kind, message } of problems) console.log(`  ${kind}: ${message}`);
  console.log(problems.length === 0 ? "  no problems\n" : `  ${problems.length} problems\n`);
  if (problems.length > 0) process.exitCode = 1;
}

function main(): void {
  for (const id of taggedSetIds) {
    const split = taggedSet(id);
    write(id, split);
    report(id, checkTagged(split), describeTagged(split));
  }
  for (const id of questionSetIds) {
    const split = questionSet(id);
    write(id, split);
    report(id, checkQuestions(split), describeQuestions(split));
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) main();
