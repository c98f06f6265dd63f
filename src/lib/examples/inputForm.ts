/** What one types to try a model: the form of an example without its answer. */
import { isContinuationInput, isQuestionInput, isTextInput, isWordsInput, type ExampleInput } from "./example.ts";

/** A text, two of them, words, words with one of them picked out, a question about a passage, or a text to continue. */
export type InputForm = "text" | "pair" | "words" | "predicate" | "question" | "continuation";

/** The form that these inputs have; where some have a second text or a predicate, all may. */
export function inputFormOf(inputs: readonly ExampleInput[]): InputForm {
  const [first] = inputs;
  if (first === undefined) return "text";
  if (isQuestionInput(first)) return "question";
  if (isContinuationInput(first)) return "continuation";
  if (isWordsInput(first)) {
    return inputs.some((input) => isWordsInput(input) && input.predicate !== undefined) ? "predicate" : "words";
  }
  return inputs.some((input) => isTextInput(input) && input.textPair !== undefined) ? "pair" : "text";
}
