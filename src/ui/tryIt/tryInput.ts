/** From what is typed into the try-it box to an input of a task, and what stands there before anything is typed. */
import type { Experiment } from "../../config/experiment.ts";
import type { ExampleInput } from "../../lib/examples/example.ts";
import type { InputForm } from "../../lib/examples/inputForm.ts";
import { textUnits } from "../../lib/examples/textUnits.ts";
import { inputFormFor } from "../../store/data.ts";
import type { TaskKind } from "../../tasks/index.schema.ts";
import type { Examples } from "../../worker/protocol.ts";

export interface TryText {
  /** The text, the passage, or what is to be continued. */
  readonly text: string;
  /** The second text of a pair, or the question. */
  readonly second: string;
  /** Which word is the predicate, counted from 0. */
  readonly predicate: number;
}

const plain = (text: string, second = "", predicate = 0): TryText => ({ text, second, predicate });

const byForm: Readonly<Record<InputForm, TryText>> = {
  text: plain("A wonderful film, warm and funny from start to finish."),
  pair: plain("A man is playing a guitar on the street.", "Somebody is making music."),
  words: plain("Maria Lopez moved from Lisbon to Oslo in June."),
  predicate: plain("the teacher gave the children new books in the morning.", "", 2),
  question: plain(
    "Clara found the old map in a drawer of the kitchen. On Sunday she took it to the museum, where a guard told her that it was drawn in 1820.",
    "Where did Clara find the map?",
  ),
  continuation: plain("The weather in the mountains was"),
};

const bySet: Readonly<Record<string, TryText>> = {
  topic: plain("The striker scored twice before half time."),
  slots: plain("wake me up at seven and play some jazz in the kitchen"),
};

/** What stands in the box at first. */
export function firstText(form: InputForm, data: Experiment["data"]): TryText {
  return (data.kind === "built-in" ? bySet[data.id] : undefined) ?? byForm[form];
}

/** What is typed to try a run of these settings. */
export function formOf({ data, task }: Pick<Experiment, "data" | "task">, own: Examples | undefined): InputForm {
  return task.kind === "causal-lm" ? "continuation" : (inputFormFor(data, own) ?? usualForm(task.kind));
}

/** The form that a task reads when nothing is known of its data. */
export function usualForm(kind: TaskKind): InputForm {
  switch (kind) {
    case "sequence-classification":
      return "text";
    case "token-classification":
      return "words";
    case "question-answering":
      return "question";
    case "causal-lm":
      return "continuation";
    default:
      return kind satisfies never;
  }
}

/** The input to answer; undefined while something is missing. */
export function inputOf(form: InputForm, { text, second, predicate }: TryText): ExampleInput | undefined {
  if (text.trim() === "") return undefined;
  switch (form) {
    case "text":
    case "words":
      return { text };
    case "pair":
      return second.trim() === "" ? { text } : { text, textPair: second };
    case "predicate": {
      const tokens = textUnits(text).map((unit) => unit.text);
      return { tokens, predicate: Math.min(predicate, tokens.length - 1) };
    }
    case "question":
      return second.trim() === "" ? undefined : { context: text, question: second };
    case "continuation":
      return { source: text };
    default:
      return form satisfies never;
  }
}

/** One line that runs of several forms read: a text, and behind a bar its second text, its question or its verb. */
export function inputOfLine(form: InputForm, line: string): ExampleInput | undefined {
  const [text = "", second = ""] = line.split("|").map((part) => part.trim());
  const predicate = textUnits(text).findIndex((unit) => unit.text === second);
  if (form === "predicate" && predicate < 0) return undefined;
  return inputOf(form, { text, second, predicate });
}
