/**
 * Files of examples of any kind: finds out which kind a file holds, and reads it as that kind. Which task learns from which
 * kind is the tasks' business.
 */
import type { Example } from "./example.ts";
import { parseContinuations } from "./parseContinuations.ts";
import { readObjects } from "./parsedFile.ts";
import { parseExamples, type ColumnMap, type LineProblem, type ParsedExamples } from "./parseExamples.ts";
import { parseQuestions } from "./parseQuestions.ts";
import { parseTagged } from "./parseTagged.ts";

export const exampleKinds = ["labels", "tags", "questions", "continuations"] as const;
/** Texts with labels, words with tags, questions about passages, or texts to continue. */
export type ExampleKind = (typeof exampleKinds)[number];

/** Examples, or why there are none; only texts with labels may ask which column is which. */
export type ReadExamples =
  | { readonly kind: "examples"; readonly examples: readonly Example[]; readonly leftOut: readonly LineProblem[] }
  | Exclude<ParsedExamples, { readonly kind: "examples" }>;

/** Reads a file or a paste as this kind. `columns` is the user's answer to `columns-needed`. */
export async function readExamplesAs(
  kind: ExampleKind,
  name: string,
  content: string,
  columns?: ColumnMap,
): Promise<ReadExamples> {
  switch (kind) {
    case "labels":
      return parseExamples(name, content, columns);
    case "tags":
      return parseTagged(name, content);
    case "questions":
      return parseQuestions(name, content);
    case "continuations":
      return parseContinuations(name, content);
    default:
      return kind satisfies never;
  }
}

/** What a file most likely holds, from its name, its first fields or the shape of its lines; labels when nothing speaks up. */
export function guessKind(name: string, content: string): ExampleKind {
  const text = content.replace(/^\uFEFF/, "").trimStart();
  if (text.startsWith("{")) return isSquad(text) ? "questions" : kindOfFields(fieldsOf(text));
  const header = (text.split("\n", 1)[0] ?? "")
    .toLowerCase()
    .split(/[,;\t]/)
    .map(unquoted);
  if (header.includes("source") && header.includes("target")) return "continuations";
  return /\.(?:conll\w*|bio|iob2?)$/i.test(name) || looksTagged(text) ? "tags" : "labels";
}

function unquoted(cell: string): string {
  return cell.trim().replace(/^"|"$/g, "");
}

/** SQuAD's JSON is one value with everything under `data`. */
function isSquad(text: string): boolean {
  return /^\{\s*"(?:data|version)"\s*:/.test(text);
}

/** Names of the fields of the first readable line of JSON. */
function fieldsOf(text: string): readonly string[] {
  const rows = readObjects(text.split("\n", 20).join("\n"));
  return rows.flatMap((row) => ("value" in row ? [Object.keys(row.value)] : []))[0] ?? [];
}

function kindOfFields(fields: readonly string[]): ExampleKind {
  if (fields.includes("tokens")) return "tags";
  if (fields.includes("question") && fields.includes("context")) return "questions";
  if (fields.includes("source") && fields.includes("target")) return "continuations";
  return fields.length === 1 && fields[0] === "text" ? "continuations" : "labels";
}

/** Lines looked at, and the share of them that must end in a BIO tag. Some may be wrong, which is told when reading. */
const linesLookedAt = 200;
const taggedShare = 0.6;

/** Columns of words and tags, not sentences between separators. */
function looksTagged(text: string): boolean {
  const lines = text.split("\n", linesLookedAt).map((line) => line.trim());
  const filled = lines.filter((line) => line !== "" && !line.startsWith("#"));
  const tagged = filled.filter((line) => /^\S+(?:[ \t]+\S+)*[ \t]+(?:O|[BI]-\S+)$/.test(line) && !line.includes("|"));
  return filled.length > 0 && tagged.length / filled.length >= taggedShare;
}
