/**
 * Reading of a data folder (`train.jsonl`, `eval.jsonl`, `dataset.json`) for the checks in this directory.
 * It is not the studio's own data loader: it reads labelled rows of one or two texts and nothing else.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** One labelled example; `text_pair` is the second text of a pair task. */
export interface Row {
  readonly text: string;
  readonly text_pair?: string;
  readonly label: string;
}

/** A data folder in memory: the label names in logit order and both splits. */
export interface Dataset {
  readonly labels: readonly string[];
  readonly train: readonly Row[];
  readonly eval: readonly Row[];
}

/** Reads a data folder. Throws with file and line when a row or the label list is malformed. */
export function readDataset(folder: string): Dataset {
  return {
    labels: readLabels(join(folder, "dataset.json")),
    train: readRows(join(folder, "train.jsonl")),
    eval: readRows(join(folder, "eval.jsonl")),
  };
}

/** Lower-cased words of a text: letters and digits, an inner apostrophe kept ("isn't" is one word). */
export function words(text: string): string[] {
  return (
    text
      .toLowerCase()
      .replaceAll("’", "'")
      .match(/[\p{L}\p{N}]+(?:'\p{L}+)*/gu) ?? []
  );
}

/** The texts of a row, in order: one, or two for a pair. */
export function textsOf(row: Row): readonly string[] {
  return row.text_pair === undefined ? [row.text] : [row.text, row.text_pair];
}

function readLabels(file: string): readonly string[] {
  const content: unknown = JSON.parse(readFileSync(file, "utf8"));
  const labels = isRecord(content) ? content["labels"] : undefined;
  if (!Array.isArray(labels) || !labels.every((label) => typeof label === "string")) {
    throw new Error(`${file}: expected "labels" to be a list of strings; add the label names in logit order.`);
  }
  return labels;
}

function readRows(file: string): Row[] {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.flatMap((line, index) => (line.trim() === "" ? [] : [parseRow(line, `${file}:${index + 1}`)]));
}

function parseRow(line: string, place: string): Row {
  const value: unknown = JSON.parse(line);
  if (!isRecord(value)) throw new Error(`${place}: expected an object per line, got ${line}.`);
  const { text, text_pair: pair, label } = value;
  if (typeof text !== "string" || typeof label !== "string") {
    throw new Error(`${place}: expected the strings "text" and "label", got ${line}.`);
  }
  if (pair === undefined) return { text, label };
  if (typeof pair !== "string") throw new Error(`${place}: expected "text_pair" to be a string, got ${line}.`);
  return { text, text_pair: pair, label };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
