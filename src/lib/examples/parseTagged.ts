/**
 * Reads sentences of tagged words from columns as in CoNLL's shared tasks (word first, tag last, an empty line between
 * sentences) or JSON Lines {"tokens", "tags"} with an optional "predicate". Every complaint has its line number.
 */
import { z } from "zod";
import type { TaggedExample, WordsInput } from "./example.ts";
import { collectRows, readObjects, type ParsedFile, type Row } from "./parsedFile.ts";

const expected =
  'Expected a word and its tag per line with an empty line between sentences, or lines like {"tokens": ["Ann", "left"], "tags": ["B-name", "O"]}.';

/** A sentence with the line each of its words stands in. */
interface Sentence {
  readonly tokens: readonly string[];
  readonly tags?: readonly string[];
  readonly predicate?: number;
  readonly lines: readonly number[];
}

/** Tagged sentences. A tag that is none of O, B-… and I-… among such tags is a problem, told with its line. */
export function parseTagged(name: string, content: string): ParsedFile<TaggedExample> {
  const rows = readSentences(name, content).map((row) => tagged(row));
  const odd = oddTag(rows.flatMap((row) => ("value" in row ? [row.value] : [])));
  if (odd !== undefined) {
    const message = `${name}, line ${odd.line}: the tag "${odd.tag}" is none of O, B-… and I-…, which the other tags are. Correct it.`;
    return { kind: "problem", message, lines: [{ line: odd.line, message: `tag "${odd.tag}"` }] };
  }
  const examples = rows.map((row): Row<TaggedExample> => {
    if (!("value" in row)) return row;
    const { tokens, tags, predicate } = row.value;
    return { line: row.line, value: { tokens, tags, ...(predicate === undefined ? {} : { predicate }) } };
  });
  return collectRows(name, examples, expected);
}

/** Words to tag; tags in the file are left aside. */
export function parseWords(name: string, content: string): ParsedFile<WordsInput> {
  const rows = readSentences(name, content).map((row): Row<WordsInput> => {
    if (!("value" in row)) return row;
    const { tokens, predicate } = row.value;
    return { line: row.line, value: { tokens, ...(predicate === undefined ? {} : { predicate }) } };
  });
  return collectRows(name, rows, expected);
}

type TaggedSentence = Sentence & { readonly tags: readonly string[] };

function tagged(row: Row<Sentence>): Row<TaggedSentence> {
  if (!("value" in row)) return row;
  const { tags, tokens } = row.value;
  if (tags === undefined) return { line: row.line, complaint: "no tags" };
  if (tags.length !== tokens.length) {
    return { line: row.line, complaint: `${tokens.length} words, but ${tags.length} tags` };
  }
  return { line: row.line, value: { ...row.value, tags } };
}

/** The first tag that is no BIO tag, where the others are. */
function oddTag(sentences: readonly TaggedSentence[]): { tag: string; line: number } | undefined {
  if (!sentences.some(({ tags }) => tags.some((tag) => /^[BI]-/.test(tag)))) return undefined;
  for (const { tags, lines } of sentences) {
    const place = tags.findIndex((tag) => !/^(?:O|[BI]-.+)$/.test(tag));
    if (place >= 0) return { tag: tags[place] ?? "", line: lines[place] ?? 0 };
  }
  return undefined;
}

function readSentences(name: string, content: string): Row<Sentence>[] {
  const text = content.replace(/^\uFEFF/, "").replace(/\r/g, "");
  const isJson = /\.(?:jsonl|ndjson)$/i.test(name) || text.trimStart().startsWith("{");
  return isJson ? readObjects(text).map(sentenceOfObject) : readColumns(text);
}

const sentenceSchema = z.object({
  tokens: z.array(z.string()).min(1),
  tags: z.array(z.string()).optional(),
  predicate: z.int().min(0).optional(),
});

function sentenceOfObject(row: Row<Readonly<Record<string, unknown>>>): Row<Sentence> {
  if (!("value" in row)) return row;
  const { line } = row;
  const parsed = sentenceSchema.safeParse(row.value);
  if (!parsed.success) return { line, complaint: '"tokens" must be a list of words, "tags" one of tags' };
  const { tokens, tags, predicate } = parsed.data;
  if (predicate !== undefined && predicate >= tokens.length) {
    return { line, complaint: `the predicate is word ${predicate} (counted from 0) of ${tokens.length}` };
  }
  const lines = tokens.map(() => line);
  const optional = { ...(tags === undefined ? {} : { tags }), ...(predicate === undefined ? {} : { predicate }) };
  return { line, value: { tokens, lines, ...optional } };
}

/** Lines of columns between tabs or, without any tab, spaces. Comments (`# name = …`) and document marks are passed over. */
function readColumns(text: string): Row<Sentence>[] {
  const rows: Row<Sentence>[] = [];
  let words: { token: string; tag: string | undefined; line: number }[] = [];
  const close = (): void => {
    const [first] = words;
    if (first !== undefined) rows.push(sentenceOfWords(words, first.line));
    words = [];
  };
  for (const [index, source] of text.split("\n").entries()) {
    if (source.trim() === "") close();
    else if (!/^(?:# \S+ =|-DOCSTART-)/.test(source)) {
      const cells = source.includes("\t") ? source.split("\t") : source.trim().split(/ +/);
      const tag = cells.length > 1 ? cells.at(-1)?.trim() : undefined;
      words.push({ token: cells[0] ?? "", tag, line: index + 1 });
    }
  }
  close();
  return rows;
}

function sentenceOfWords(
  words: readonly { token: string; tag: string | undefined; line: number }[],
  line: number,
): Row<Sentence> {
  const untagged = words.find(({ tag }) => tag === undefined || tag === "");
  if (untagged !== undefined && words.some(({ tag }) => tag !== undefined)) {
    return { line: untagged.line, complaint: `"${untagged.token}" has no tag` };
  }
  const tags = untagged === undefined ? { tags: words.map(({ tag }) => tag ?? "") } : {};
  return { line, value: { tokens: words.map(({ token }) => token), lines: words.map((word) => word.line), ...tags } };
}
