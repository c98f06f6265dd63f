/** The one answer that does best as the answer to every question: what a model must beat before it has understood anything. */
import { countBy } from "../../lib/countBy.ts";
import { answerF1, answerWords, bestOf } from "./answers.ts";

/** A question's right answers, each as good as the others. */
export interface RightAnswers {
  readonly answers: readonly { readonly text: string }[];
}

/** How many answers compete, and on how many questions. */
const candidateCount = 30;
const judgedQuestions = 500;

/** The training answer with the best mean F1 on training questions, among those made of the most frequent words. */
export function constantAnswer(train: readonly RightAnswers[]): string {
  const answers = train.map((question) => question.answers[0]?.text ?? "");
  const frequency = countBy(answers.flatMap((text) => [...new Set(answerWords(text))]));
  const meanFrequency = (text: string): number => {
    const own = answerWords(text);
    return own.reduce((total, word) => total + (frequency.get(word) ?? 0), 0) / Math.max(1, own.length);
  };
  const ranked = [...new Set(answers)].map((answer) => ({ answer, rank: meanFrequency(answer) }));
  const candidates = ranked.toSorted((left, right) => right.rank - left.rank).slice(0, candidateCount);
  const judged = train.slice(0, judgedQuestions);
  const scored = candidates.map(({ answer }) => ({ answer, f1: meanAnswerF1(judged, () => answer) }));
  return scored.reduce((best, next) => (next.f1 > best.f1 ? next : best), { answer: "", f1: -1 }).answer;
}

/** Mean F1 of predicted answers; of several right answers to a question the best counts. 0 without questions. */
export function meanAnswerF1<Question extends RightAnswers>(
  questions: readonly Question[],
  predict: (question: Question) => string,
): number {
  const scores = questions.map((question) => {
    const answer = predict(question);
    return bestOf(
      question.answers.map(({ text }) => text),
      (actual) => answerF1(actual, answer),
    );
  });
  return scores.reduce((total, score) => total + score, 0) / Math.max(1, scores.length);
}
