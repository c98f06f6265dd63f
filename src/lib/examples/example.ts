/**
 * Examples as they stand in files, one shape per kind of task, and the same without their answers, for prediction. Which
 * task reads which shape is the tasks' business.
 */

/** A text, or a pair of texts. */
export interface TextInput {
  readonly text: string;
  readonly textPair?: string;
}

/** A text, or a pair, with its label. */
export interface TextExample extends TextInput {
  readonly label: string;
}

/** Words of a sentence; in semantic role labelling also which of them is the predicate, counted from 0. */
export interface WordsInput {
  readonly tokens: readonly string[];
  readonly predicate?: number;
}

/** Words with one tag each. */
export interface TaggedExample extends WordsInput {
  readonly tags: readonly string[];
}

/** A question about a text. */
export interface QuestionInput {
  readonly context: string;
  readonly question: string;
}

/** An answer that stands in the context, beginning at this character (UTF-16 unit, as in JavaScript). */
export interface ContextAnswer {
  readonly text: string;
  readonly start: number;
}

/** A question with its answers, each as good as the others; training uses the first. */
export interface QuestionExample extends QuestionInput {
  readonly answers: readonly ContextAnswer[];
}

/** What a text continues; empty where the text stands alone. */
export interface ContinuationInput {
  readonly source: string;
}

/** A text as the continuation of another. */
export interface ContinuationExample extends ContinuationInput {
  readonly target: string;
}

export type Example = TextExample | TaggedExample | QuestionExample | ContinuationExample;
export type ExampleInput = TextInput | WordsInput | QuestionInput | ContinuationInput;

export function isTextInput(input: ExampleInput): input is TextInput {
  return "text" in input;
}

export function isWordsInput(input: ExampleInput): input is WordsInput {
  return "tokens" in input;
}

export function isQuestionInput(input: ExampleInput): input is QuestionInput {
  return "question" in input;
}

export function isTextExample(example: Example): example is TextExample {
  return "label" in example;
}

export function isTaggedExample(example: Example): example is TaggedExample {
  return "tags" in example;
}

export function isQuestionExample(example: Example): example is QuestionExample {
  return "answers" in example;
}

export function isContinuationInput(input: ExampleInput): input is ContinuationInput {
  return "source" in input;
}

export function isContinuationExample(example: Example): example is ContinuationExample {
  return "target" in example;
}

/** What an example is, for messages. */
export function describeInput(input: ExampleInput): string {
  if (isContinuationInput(input)) return "a source with a target";
  if (isQuestionInput(input)) return "a question about a context";
  return isWordsInput(input) ? "words" : "a text";
}
