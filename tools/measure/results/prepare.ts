/**
 * Makes the files that runs read from the folders of real data: `fit` to train on, `choose` to choose learning rates with, a
 * part of train that is never trained on, and `eval`, which no choice sees.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Parts {
  readonly fit: string;
  readonly choose: string;
  readonly eval: string;
}

interface Source {
  readonly train: string;
  readonly eval: string;
  /** Rows of train that choose, of those left most to train on, and most to evaluate with. */
  readonly choose: number;
  readonly fit?: number;
  readonly evaluate: number;
}

const SOURCES: Readonly<Record<string, Source>> = {
  sst2: { train: "train.jsonl", eval: "dev.jsonl", choose: 600, evaluate: 1000 },
  "ag-news": { train: "train.jsonl", eval: "test.jsonl", choose: 400, evaluate: 1000 },
  "snips-slots": { train: "train.jsonl", eval: "test.jsonl", choose: 200, fit: 4000, evaluate: 1000 },
  wnut17: { train: "train.conll", eval: "test.conll", choose: 300, evaluate: 1000 },
  "snips-intents": { train: "train.jsonl", eval: "test.jsonl", choose: 300, fit: 4000, evaluate: 1000 },
  mr: { train: "train.jsonl", eval: "test.jsonl", choose: 300, fit: 4000, evaluate: 1000 },
  "xquad-en": { train: "xquad.en.json", eval: "", choose: 0, evaluate: 1000 },
};

/** The files of one data set, made once in `work`. */
export function prepareParts(data: string, folder: string, work: string): Parts {
  const source = SOURCES[folder];
  if (source === undefined) throw new Error(`Expected one of ${Object.keys(SOURCES).join(", ")}, got "${folder}".`);
  const extension = source.train.slice(source.train.lastIndexOf("."));
  mkdirSync(join(work, folder), { recursive: true });
  const path = (part: string): string => join(work, folder, `${part}${extension}`);
  const parts = { fit: path("fit"), choose: path("choose"), eval: path("eval") };
  if (existsSync(parts.eval)) return parts;
  const read = (file: string): string => readFileSync(join(data, folder, file), "utf8").trim();
  const texts =
    extension === ".json"
      ? splitArticles(read(source.train))
      : splitRows(read(source.train), read(source.eval), source);
  writeFileSync(parts.fit, texts.fit);
  writeFileSync(parts.choose, texts.choose);
  writeFileSync(parts.eval, texts.eval);
  return parts;
}

/** Rows are lines, or with CoNLL columns the sentences between blank lines. */
function splitRows(train: string, evaluation: string, { choose, fit, evaluate }: Source): Parts {
  const separator = /\n\s*\n/.test(train) ? /\n\s*\n/ : "\n";
  const joined = (rows: readonly string[]): string => rows.join(separator === "\n" ? "\n" : "\n\n") + "\n";
  const rows = train.split(separator);
  const stride = Math.floor(rows.length / choose);
  const held = rows.filter((_, index) => index % stride === 0).slice(0, choose);
  const rest = rows.filter((_, index) => index % stride !== 0);
  return {
    fit: joined(spread(rest, fit ?? rest.length)),
    choose: joined(held),
    eval: joined(spread(evaluation.split(separator), evaluate)),
  };
}

/** At most this many rows, at even distances, so that the order of a file does not matter. */
function spread(rows: readonly string[], most: number): string[] {
  if (rows.length <= most) return [...rows];
  return Array.from({ length: most }, (_, index) => rows[Math.floor((index * rows.length) / most)] ?? "");
}

/** Whole articles: every fourth to evaluate with, every eighth to choose with. */
function splitArticles(json: string): Parts {
  const content: unknown = JSON.parse(json);
  if (typeof content !== "object" || content === null || !("data" in content) || !Array.isArray(content.data)) {
    throw new Error("Expected SQuAD JSON with a list of articles under data.");
  }
  const articles: readonly unknown[] = content.data;
  const part = (keep: (index: number) => boolean): string =>
    JSON.stringify({ version: "1.1", data: articles.filter((_, index) => keep(index)) });
  return {
    fit: part((index) => index % 4 !== 3 && index % 8 !== 2),
    choose: part((index) => index % 8 === 2),
    eval: part((index) => index % 4 === 3),
  };
}
