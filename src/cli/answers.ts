/** What `predict` prints for one answer of each kind of task. */
import type { Answer } from "../tasks/task.ts";

/**
 * `{"logits":[…],"label":…}` of a text, `{"tokens":[{"token":…,"tag":…,"logits":[…]}],"tags":[…]}` of words,
 * `{"answer":…,"start":…,"end":…,"logit":…}` of a question, `{"words":[{"word":…,"probability":…}]}` of a text to continue.
 */
export function answerJson(answer: Answer): object {
  switch (answer.kind) {
    case "label":
      return { logits: Array.from(answer.logits), label: answer.label };
    case "tags":
      return {
        tokens: answer.words.map((token, index) => {
          const logits = answer.logits[index];
          return { token, tag: answer.tags[index], logits: logits === undefined ? null : Array.from(logits) };
        }),
        tags: answer.tags,
      };
    case "span":
      return { answer: answer.text, start: answer.start, end: answer.end, logit: answer.logit };
    case "words":
      return { words: answer.words };
    default:
      return answer satisfies never;
  }
}

/** One line for people: label and probability, word/tag pairs, the answer, or the words that come next. */
export function answerText(answer: Answer): string {
  switch (answer.kind) {
    case "label":
      return `${answer.label}\t${Math.max(...answer.probabilities).toFixed(3)}`;
    case "tags":
      return answer.words.map((word, index) => `${word}/${answer.tags[index] ?? ""}`).join(" ");
    case "span":
      return answer.text;
    case "words":
      return answer.words.map(({ word, probability }) => `${word} ${probability.toFixed(3)}`).join("\t");
    default:
      return answer satisfies never;
  }
}
