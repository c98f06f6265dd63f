/**
 * Reads the sources of the built-in tagging and question sets: sentences with marks such as "[LOC Porto]" and "{gave}", and
 * passages followed by their questions. It tells where a mark is wrong; whether the sets are any good is `checkMarked.ts`.
 */

/** A sentence as its line of `train.jsonl` has it. `predicate` is a word's place, counted from 0. */
export interface TaggedRow {
  readonly tokens: readonly string[];
  readonly tags: readonly string[];
  readonly predicate?: number;
}

/** A question as its line of `train.jsonl` has it, with answers as in SQuAD. `answer_start` counts UTF-16 units. */
export interface QuestionRow {
  readonly context: string;
  readonly question: string;
  readonly answers: readonly { readonly text: string; readonly answer_start: number }[];
}

/** Rows that stay on the same side of the split: the readings of one sentence, the questions of one passage. */
export type Item<Row> = readonly Row[];

interface SourceLine {
  readonly text: string;
  /** File and line, 1-based, for messages. */
  readonly place: string;
}

/** Sentences, one per line; a line that begins with "+" reads the sentence above with another predicate. Throws with the line. */
export function parseTaggedSource(name: string, source: string): Item<TaggedRow>[] {
  const items: TaggedRow[][] = [];
  for (const line of sourceLines(name, source)) {
    if (line.text === "") continue;
    const isReading = line.text.startsWith("+ ");
    const row = readSentence({ ...line, text: isReading ? line.text.slice(2) : line.text });
    const above = items.at(-1);
    if (!isReading) items.push([row]);
    else if (above?.[0]?.tokens.join(" ") === row.tokens.join(" ")) above.push(row);
    else throw new Error(`${line.place}: expected the words of the sentence above, got "${row.tokens.join(" ")}".`);
  }
  return items;
}

/** Passages, each followed by lines "? question | answer / other answer"; empty lines part them. Throws with the line. */
export function parseQuestionSource(name: string, source: string): Item<QuestionRow>[] {
  const items: QuestionRow[][] = [];
  let passage = "";
  for (const line of sourceLines(name, source)) {
    if (line.text === "") passage = "";
    else if (line.text.startsWith("? ")) items.at(-1)?.push(readQuestion(line, passage));
    else if (passage === "") {
      passage = line.text;
      items.push([]);
    } else throw new Error(`${line.place}: expected a question of the passage above, got "${line.text}".`);
  }
  return items;
}

/** Lines without comments, which begin with "#". */
function sourceLines(name: string, source: string): SourceLine[] {
  const lines = source.split("\n").map((text, index) => ({ text: text.trim(), place: `${name}:${index + 1}` }));
  return lines.filter(({ text }) => !text.startsWith("#"));
}

const markPattern = /\[(?<type>[A-Za-z]+) (?<span>[^[\]{}]+)\]|\{(?<predicate>[^[\]{}]+)\}|(?<plain>[^[\]{}]+)/gu;

function readSentence({ text, place }: SourceLine): TaggedRow {
  const tokens: string[] = [];
  const tags: string[] = [];
  const predicates: number[] = [];
  const leftOver = text.replace(markPattern, "");
  if (leftOver !== "") throw new Error(`${place}: expected marks like [TYPE words] and {verb}, got "${leftOver}" too.`);
  for (const { groups = {} } of text.matchAll(markPattern)) {
    const { type, span, predicate, plain } = groups;
    const words = tokenize(span ?? predicate ?? plain ?? "");
    if (predicate !== undefined) predicates.push(tokens.length);
    tokens.push(...words);
    tags.push(...words.map((_, index) => (type === undefined ? "O" : `${index === 0 ? "B" : "I"}-${type}`)));
  }
  const [predicate] = predicates;
  if (predicates.length > 1) throw new Error(`${place}: expected one {verb} at most, got ${predicates.length}.`);
  return { tokens, tags, ...(predicate === undefined ? {} : { predicate }) };
}

/** Words with inner marks ("don't", "7:30") stay whole; a possessive and punctuation stand alone. */
function tokenize(text: string): string[] {
  return text.match(/'s\b|[\p{L}\p{N}]+(?:(?!'s\b)['’.,:-][\p{L}\p{N}]+)*|\S/gu) ?? [];
}

function readQuestion({ text, place }: SourceLine, context: string): QuestionRow {
  const [question = "", answers = "", ...more] = text.slice(2).split(" | ");
  if (answers === "" || more.length > 0) throw new Error(`${place}: expected "? question | answer", got "${text}".`);
  return { context, question, answers: answers.split(" / ").map((answer) => placeAnswer(answer, context, place)) };
}

/** "fish @2" is the second "fish" of the passage; without a number there must be exactly one, as a whole word. */
function placeAnswer(answer: string, context: string, place: string): QuestionRow["answers"][number] {
  const [, text = "", count] = /^(.*?)(?: @(\d+))?$/u.exec(answer) ?? [];
  const starts = wholeWordPlaces(text, context);
  if (count === undefined && starts.length !== 1) {
    throw new Error(
      `${place}: expected "${text}" once in the passage, found it ${starts.length} times; add " @1" or so.`,
    );
  }
  const start = starts[Number(count ?? 1) - 1];
  if (start === undefined)
    throw new Error(`${place}: expected "${text}" ${count} times, found it ${starts.length} times.`);
  return { text, answer_start: start };
}

function wholeWordPlaces(text: string, context: string): number[] {
  const isWordCharacter = (character: string | undefined): boolean => /[\p{L}\p{N}]/u.test(character ?? "");
  const places: number[] = [];
  for (let at = context.indexOf(text); at >= 0; at = context.indexOf(text, at + 1)) {
    if (!isWordCharacter(context[at - 1]) && !isWordCharacter(context[at + text.length])) places.push(at);
  }
  return places;
}
