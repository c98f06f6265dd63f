/** The built-in tagging and question sets keep what they promise, and the files that ship are those their sources give. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { isQuestionExample, isTaggedExample, type Example } from "../../../src/lib/examples/example.ts";
import { createTokenizer } from "../../../src/models/tokenizer.ts";
import { parseTaskExamples } from "../../../src/tasks/exampleFiles.ts";
import { taskKindSchema } from "../../../src/tasks/index.schema.ts";
import { checkQuestions, checkTagged, markedLimits } from "../../../tools/data/checkMarked.ts";
import { jsonLines, questionSet, questionSetIds, taggedSet, taggedSetIds } from "../../../tools/data/markedSets.ts";
import { constantAnswer, lookupTagF1, majorityTagF1, nearestSentenceF1 } from "../../../tools/data/trivialBaselines.ts";

const tokenizer = createTokenizer({
  tokenizerJson: readFileSync("public/models/encoder-l4-d128/tokenizer.json", "utf8"),
});
const descriptionSchema = z.object({
  id: z.string(),
  task: taskKindSchema,
  labels: z.array(z.string()).optional(),
  licence: z.literal("CC0-1.0"),
});

const shipped = (id: string, part: string): string => readFileSync(`public/data/${id}/${part}`, "utf8");
const describeSet = (id: string): z.infer<typeof descriptionSchema> =>
  descriptionSchema.parse(JSON.parse(shipped(id, "dataset.json")));

/** Examples as the product's own readers give them; any complaint is an error. */
async function readShipped(id: string, part: string): Promise<readonly Example[]> {
  const parsed = await parseTaskExamples(describeSet(id).task, part, shipped(id, part));
  if (parsed.kind !== "examples") throw new Error(parsed.message);
  return parsed.examples;
}

const readBoth = async (id: string): Promise<[train: readonly Example[], evaluation: readonly Example[]]> => [
  await readShipped(id, "train.jsonl"),
  await readShipped(id, "eval.jsonl"),
];

/** The sentence or the passage, whose presence in both parts would be a leak. */
function sourceOf(example: Example): string {
  if (isTaggedExample(example)) return example.tokens.join(" ").toLowerCase();
  return isQuestionExample(example) ? example.context : "";
}

describe.each([...taggedSetIds, ...questionSetIds])("the built-in set %s", (id) => {
  it("is read without complaint, in the promised size, with nothing of eval in train", async () => {
    const [train, evaluation] = await readBoth(id);
    expect(train.length).toBeGreaterThanOrEqual(markedLimits.minTrainRows);
    expect(evaluation.length).toBeGreaterThanOrEqual(markedLimits.minEvalRows);
    expect(train.length).toBe(shipped(id, "train.jsonl").trimEnd().split("\n").length);
    const known = new Set(train.map(sourceOf));
    expect(evaluation.map(sourceOf).filter((source) => source === "" || known.has(source))).toEqual([]);
  });

  it("has words that the built-in vocabulary knows, in at most 128 tokens", async () => {
    const texts = (await readBoth(id))
      .flat()
      .map((example): [string, string | undefined] =>
        isQuestionExample(example) ? [example.question, example.context] : [sourceOf(example), undefined],
      );
    const encoded = texts.map(([text, second]) => tokenizer.encode(text, second, 512).ids);
    expect(Math.max(...encoded.map((ids) => ids.length))).toBeLessThanOrEqual(128);
    expect(encoded.filter((ids) => ids.includes(tokenizer.unknownId))).toEqual([]);
  });
});

describe.each(taggedSetIds)("the tagging set %s", (id) => {
  const parts = taggedSet(id);

  it("passes its checks", () => expect(checkTagged(parts)).toEqual([]));

  it("ships what its source gives", () => {
    expect(shipped(id, "train.jsonl")).toBe(jsonLines(parts.train));
    expect(shipped(id, "eval.jsonl")).toBe(jsonLines(parts.eval));
  });

  it("has in both parts no tags but those its description lists, and all of these in train", () => {
    const tagsOf = (rows: typeof parts.train): string[] => [...new Set(rows.flatMap(({ tags }) => tags))].toSorted();
    const labels = describeSet(id).labels ?? [];
    expect(tagsOf(parts.train)).toEqual(labels.toSorted());
    expect(tagsOf(parts.eval).filter((tag) => !labels.includes(tag))).toEqual([]);
  });

  it("cannot be solved word by word", () => {
    expect(majorityTagF1(parts)).toBe(0);
    expect(lookupTagF1(parts)).toBeLessThan(0.35);
  });
});

describe.each(questionSetIds)("the question set %s", (id) => {
  const parts = questionSet(id);

  it("passes its checks", () => expect(checkQuestions(parts)).toEqual([]));

  it("ships what its source gives", () => {
    expect(shipped(id, "train.jsonl")).toBe(jsonLines(parts.train));
    expect(shipped(id, "eval.jsonl")).toBe(jsonLines(parts.eval));
  });

  it("has answers that stand where they are said to", async () => {
    const questions = (await readBoth(id)).flat().filter(isQuestionExample);
    const misplaced = questions.filter(({ context, answers }) =>
      answers.some(({ text, start }) => context.slice(start, start + text.length) !== text),
    );
    expect(questions.length).toBe(parts.train.length + parts.eval.length);
    expect(misplaced).toEqual([]);
  });

  it("is solved neither by one answer nor by the nearest sentence", () => {
    expect(constantAnswer(parts).f1).toBeLessThan(0.15);
    expect(nearestSentenceF1(parts.eval)).toBeLessThan(0.35);
  });
});
