/** What kinds of example files there are and what is in one, in plain words. Pure. */
import { isQuestionExample, isTaggedExample, isTextExample, type Example } from "../../lib/examples/example.ts";
import type { ExampleKind } from "../../lib/examples/readExamples.ts";
import { countBy } from "../../lib/countBy.ts";
import { formatCount } from "../../lib/format.ts";
import { typeOf } from "../tryIt/tagGroups.ts";

interface KindWords {
  readonly label: string;
  /** Which files are read, in a sentence. */
  readonly formats: string;
  /** A few lines of such a file. */
  readonly sample: string;
}

export const KIND_WORDS: Readonly<Record<ExampleKind, KindWords>> = {
  labels: {
    label: "Texts with labels",
    formats:
      "CSV or TSV with a header (columns text, label, for pairs also text_pair), or JSON Lines. Pasted lines may also be “text | label”.",
    sample: "text,label\nA moving, funny film,positive\nIt never comes alive,negative",
  },
  tags: {
    label: "Words with tags",
    formats:
      "A word and its tag per line with an empty line between sentences, as in CoNLL, or JSON Lines with tokens and tags (and predicate, the number of the verb).",
    sample: "Ann B-name\nlives O\nin O\nRome B-place",
  },
  questions: {
    label: "Questions about passages",
    formats: "SQuAD's JSON, or JSON Lines with context, question and answers copied from the context.",
    sample: '{"context": "Ann lives in Rome.", "question": "Where does Ann live?", "answers": ["Rome"]}',
  },
  continuations: {
    label: "Texts to continue",
    formats: "CSV, TSV or JSON Lines with source and target, or with text alone. Needs a GPT-2 model.",
    sample: '{"source": "name : Zizzi | food : pub", "target": "Zizzi is a pub."}',
  },
};

/** How many names a summary lists. */
const mostListed = 6;

/** "120 examples: positive 62, negative 58" */
export function summaryOf(examples: readonly Example[]): string {
  const labels = examples.filter(isTextExample).map(({ label }) => label);
  if (labels.length > 0) return `${formatCount(examples.length)} examples: ${listed(labels)}`;
  const tagged = examples.filter(isTaggedExample);
  if (tagged.length > 0) {
    const spans = tagged.flatMap(({ tags }) =>
      tags.flatMap((tag) => (tag.startsWith("I-") ? [] : (typeOf(tag) ?? []))),
    );
    return `${formatCount(examples.length)} sentences: ${listed(spans)}`;
  }
  const questions = examples.filter(isQuestionExample);
  if (questions.length === 0) return `${formatCount(examples.length)} texts`;
  const passages = new Set(questions.map(({ context }) => context)).size;
  return `${formatCount(questions.length)} questions about ${formatCount(passages)} ${passages === 1 ? "passage" : "passages"}`;
}

function listed(names: readonly string[]): string {
  const counts = [...countBy(names)];
  const shown = counts.slice(0, mostListed).map(([name, count]) => `${name} ${formatCount(count)}`);
  return `${shown.join(", ")}${counts.length > mostListed ? ", …" : ""}`;
}
