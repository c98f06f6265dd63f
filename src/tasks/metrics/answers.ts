/** Exact match and F1 of answers as SQuAD's official evaluation script (version 2.0) counts them. */

/** White space; U+0085 is some to Python's `str.split`, but not to JavaScript. */
const whiteSpace = /[\s\u0085]+/u;
const punctuation = /[!-/:-@[-`{-~]/g;
/** Articles as whole words; letters, digits and the underscore make words in Python. */
const articles = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;

/** The words that count: lower-cased, without ASCII punctuation and articles. */
export function answerWords(text: string): string[] {
  return text
    .toLowerCase()
    .replace(punctuation, "")
    .replace(articles, " ")
    .split(whiteSpace)
    .filter((word) => word !== "");
}

/** 1 when both have the same words in the same order, else 0. */
export function exactMatch(actual: string, predicted: string): number {
  return answerWords(actual).join(" ") === answerWords(predicted).join(" ") ? 1 : 0;
}

/** F1 of the words in common, each counted as often as it stands in both. Two answers without words are alike. */
export function answerF1(actual: string, predicted: string): number {
  const [gold, found] = [answerWords(actual), answerWords(predicted)];
  if (gold.length === 0 || found.length === 0) return gold.length === found.length ? 1 : 0;
  const left = new Map<string, number>();
  for (const word of gold) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of found) {
    const count = left.get(word) ?? 0;
    if (count > 0) common++;
    left.set(word, count - 1);
  }
  if (common === 0) return 0;
  const [precision, recall] = [common / found.length, common / gold.length];
  return (2 * precision * recall) / (precision + recall);
}

/** The best score among several right answers. */
export function bestOf(answers: readonly string[], score: (actual: string) => number): number {
  return answers.reduce((best, actual) => Math.max(best, score(actual)), 0);
}
