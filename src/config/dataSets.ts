/** The built-in data sets by name, and which tasks examples of each shape can serve. The examples lie in public/data/<id>. */
import type { InputForm } from "../lib/examples/inputForm.ts";
import type { TaskKind } from "../tasks/index.schema.ts";

export interface BuiltInSet {
  /** Plain words for lists. */
  readonly label: string;
  /** The task that the set was made for. */
  readonly task: TaskKind;
  readonly input: InputForm;
}

/** In the order in which the page offers them. */
export const builtInSets = {
  sentiment: { label: "Sentiment", task: "sequence-classification", input: "text" },
  topic: { label: "Topic", task: "sequence-classification", input: "text" },
  entailment: { label: "Entailment", task: "sequence-classification", input: "pair" },
  entities: { label: "Entities", task: "token-classification", input: "words" },
  slots: { label: "Slots", task: "token-classification", input: "words" },
  roles: { label: "Roles", task: "token-classification", input: "predicate" },
  questions: { label: "Questions", task: "question-answering", input: "question" },
} as const satisfies Record<string, BuiltInSet>;

export const builtInDataSets = Object.keys(builtInSets);

/** Undefined when the studio has no such set. */
export function builtInSet(id: string): BuiltInSet | undefined {
  return Object.entries(builtInSets).find(([known]) => known === id)?.[1];
}

/** Tasks that can be trained on inputs of this form, the usual one first. A text with a label is also a text to continue. */
export function tasksFor(input: InputForm): readonly TaskKind[] {
  switch (input) {
    case "text":
      return ["sequence-classification", "causal-lm"];
    case "pair":
      return ["sequence-classification"];
    case "words":
    case "predicate":
      return ["token-classification"];
    case "question":
      return ["question-answering"];
    case "continuation":
      return ["causal-lm"];
    default:
      return input satisfies never;
  }
}
