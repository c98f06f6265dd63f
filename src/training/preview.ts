/** What the model will see of an input or an example: prompt slots and tokens in the order of its rows, answers marked. */
import type { Experiment } from "../config/experiment.ts";
import type { Example, ExampleInput } from "../lib/examples/example.ts";
import { isTextExample } from "../lib/examples/example.ts";
import { bindMethod } from "../methods/index.ts";
import { promptLengthOf } from "../methods/index.schema.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { slotOfId, spaces } from "../models/packing.ts";
import { bindTask } from "../tasks/index.ts";
import type { BoundTask, EncodedSequence } from "../tasks/task.ts";
import { tokenBudget } from "./prepareData.ts";

export interface TokenPreview {
  readonly text: string;
  readonly id: number;
  readonly kind: "slot" | "special" | "word" | "unknown";
  readonly type: number;
  /** What training wants here: a tag, or that the token belongs to the answer. */
  readonly mark?: string;
}

export interface SequencePreview {
  readonly tokens: readonly TokenPreview[];
  readonly truncated: boolean;
  /** Windows that the input is read in, and which of them this is, counted from 0. */
  readonly windows: number;
  readonly window: number;
  /** The label of an example as a whole. */
  readonly label?: string;
}

/** An input as one types it, without answers. A long context shows its first window. */
export function previewInput(input: ExampleInput, experiment: Experiment, model: LoadedModel): SequencePreview {
  const budget = tokenBudget(experiment, model.family.dimensions.positions);
  const { sequences } = bindTask(experiment.task, model).read([input], { labels: [], budget });
  return previewOf(sequences, 0, () => undefined, { experiment, model });
}

/** An example with what training compares the model's answer with. Of several windows the one that holds the answer. */
export function previewExample(
  example: Example,
  labels: readonly string[],
  experiment: Experiment,
  model: LoadedModel,
): SequencePreview {
  const budget = tokenBudget(experiment, model.family.dimensions.positions);
  const task = bindTask(experiment.task, model);
  const { sequences } = task.encode([example], { labels, budget });
  const answered = sequences.findIndex(
    (sequence) => task.targets === spaces.sequences && (sequence.labels[0] ?? 0) > 0,
  );
  const shown = Math.max(0, answered);
  const mark = marksOf(task, sequences[shown], labels);
  const preview = previewOf(sequences, shown, mark, { experiment, model });
  return isTextExample(example) && labels.length > 0 ? { ...preview, label: example.label } : preview;
}

/** What stands at a token: a tag per needed row, or the rows from an answer's start to its end. */
function marksOf(
  { targets }: BoundTask,
  sequence: EncodedSequence | undefined,
  names: readonly string[],
): (token: number) => string | undefined {
  if (sequence === undefined || sequence.needed === "pooled") return () => undefined;
  const { needed, labels } = sequence;
  if (targets === spaces.sequences) {
    const [start = -1, end = -1] = labels;
    return (token) => (start > 0 && token >= start && token <= end ? "answer" : undefined);
  }
  const tags = new Map(Array.from(needed, (token, row) => [token, names[labels[row] ?? -1]]));
  return (token) => tags.get(token);
}

function previewOf(
  sequences: readonly EncodedSequence[],
  window: number,
  mark: (token: number) => string | undefined,
  { experiment, model }: { experiment: Experiment; model: LoadedModel },
): SequencePreview {
  const { tokenizer, family } = model;
  const sequence = sequences[window];
  if (sequence === undefined) throw new Error("There is nothing to show: the input has no tokens.");
  const { ids, types, truncated } = sequence.encoding;
  const slot = (number: number): TokenPreview => ({ text: `P${number + 1}`, id: -1, kind: "slot", type: 0 });
  const { promptStart, promptRows } = bindMethod(experiment.method, family.dimensions).layout;
  const tokens = Array.from(ids, (id, index): TokenPreview => {
    if (id < 0) return slot(slotOfId(id));
    const special = tokenizer.specialIds.has(id) || id === tokenizer.maskId;
    const kind = special ? "special" : id === tokenizer.unknownId ? "unknown" : "word";
    const marked = mark(index);
    const own = { text: tokenizer.tokenText(id), id, kind, type: types[index] ?? 0 } as const;
    return marked === undefined ? own : { ...own, mark: marked };
  });
  const amongTokens = tokens.some(({ kind }) => kind === "slot");
  const length = promptRows > 0 ? promptRows : amongTokens ? 0 : promptLengthOf(experiment.method);
  const slots = Array.from({ length }, (_, number) => slot(number));
  const whole = [...tokens.slice(0, promptStart), ...slots, ...tokens.slice(promptStart)];
  return { tokens: whole, truncated, windows: sequences.length, window };
}
