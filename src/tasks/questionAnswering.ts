/**
 * Finding an answer in a context: a linear head [2, D] gives every row a logit for starting and one for ending the answer
 * (Devlin et al. 2019, section 4.2; transformers' BertForQuestionAnswering), softmax over the rows of the window, the mean
 * of both cross entropies. Windows without the answer point at [CLS]. Scores are SQuAD's F1 and exact match.
 */
import type { Builder } from "../engine/graph/builder.ts";
import type { Objective } from "../engine/graph/graph.ts";
import { segmentCrossEntropy, segmentTargets } from "../engine/graph/operations/segmentCrossEntropy.ts";
import type { Tensor } from "../engine/graph/tensor.ts";
import { DataError } from "../lib/errors.ts";
import {
  isQuestionExample,
  isQuestionInput,
  type ExampleInput,
  type QuestionExample,
  type QuestionInput,
} from "../lib/examples/example.ts";
import type { EncoderRows } from "../models/family.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { spaces } from "../models/packing.ts";
import { linearHead, linearHeadShapes } from "./linearHead.ts";
import { answerF1, bestOf, exactMatch } from "./metrics/answers.ts";
import { bootstrapInterval } from "./metrics/bootstrap.ts";
import { crossEntropyOf } from "./metrics/classification.ts";
import { constantAnswer, meanAnswerF1 } from "./metrics/constantAnswer.ts";
import type { QuestionAnsweringSettings } from "./questionAnswering.schema.ts";
import { bestSpan, questionWindows, rowsOfAnswer, type QuestionWindow } from "./questionWindows.ts";
import {
  expectShape,
  type Baseline,
  type BoundTask,
  type EncodedPart,
  type EncodedSequence,
  type ReadPart,
  type Scores,
  type SpanAnswer,
} from "./task.ts";

/** Columns of the logits. */
const columns = ["start", "end"] as const;
const wanted = "questions with a context and answers";

export function bindQuestionAnswering(settings: QuestionAnsweringSettings, model: LoadedModel): BoundTask {
  const { tokenizer, family } = model;
  const windowsOf = (input: QuestionInput, budget: number): QuestionWindow[] =>
    questionWindows(input, tokenizer, { budget, overlap: settings.stride }).map((window) =>
      settings.tokenTypes === "none" ? withoutTypes(window) : window,
    );
  return {
    targets: spaces.sequences,
    neededRows: (tokens) => tokens,
    scoreName: () => "F1",
    stratum: () => "questions",
    labelsOf(train) {
      if (expectShape(train, isQuestionExample, wanted).length > 0) return [...columns];
      throw new DataError("Expected questions with answers, got no examples at all. Add some.");
    },
    textsOf: (example) => (isQuestionExample(example) ? [example.question, example.context] : []),
    encode: (examples, { budget }) => {
      const questions = expectShape(examples, isQuestionExample, wanted);
      return encodePart(
        questions,
        questions.map((question) => windowsOf(question, budget)),
        settings,
      );
    },
    read: (inputs, { budget }) => readPart(inputs, (question) => windowsOf(question, budget), settings),
    baseline: (train, evaluation) =>
      trivialAnswers(train.filter(isQuestionExample), evaluation.filter(isQuestionExample)),
    head(labels, prefix = "") {
      const shapes = linearHeadShapes(`${prefix}qa_outputs`, labels.length, family.dimensions.width);
      return {
        shapes,
        given: new Map(),
        logits: (builder, { hidden }) => linearHead(builder, hidden, shapes),
        objective: spanObjective,
      };
    },
  };
}

/** The better of two that read no question: one answer to everything, and the whole context. */
function trivialAnswers(train: readonly QuestionExample[], evaluation: readonly QuestionExample[]): Baseline {
  const constant = constantAnswer(train);
  const always = { name: `always “${constant}”`, score: meanAnswerF1(evaluation, () => constant) };
  const whole = { name: "the whole context", score: meanAnswerF1(evaluation, ({ context }) => context) };
  return whole.score > always.score ? whole : always;
}

function withoutTypes(window: QuestionWindow): QuestionWindow {
  const { encoding } = window;
  return { ...window, encoding: { ...encoding, types: new Int32Array(encoding.types.length) } };
}

function spanObjective(builder: Builder, logits: Tensor, { needed }: EncoderRows): Objective {
  const targets = segmentTargets(needed, logits);
  const labels = builder.index(`${needed.sequences.name}.label`, targets);
  const weights = builder.values(`${needed.sequences.name}.weight`, targets);
  return segmentCrossEntropy(builder, logits, needed, { labels, weights });
}

function encodePart(
  questions: readonly QuestionExample[],
  windows: readonly (readonly QuestionWindow[])[],
  settings: QuestionAnsweringSettings,
): EncodedPart {
  const sequences = windows.flatMap((own, index) => {
    const answer = questions[index]?.answers[0];
    return own.map((window): EncodedSequence => {
      const rows = answer === undefined ? [-1, -1] : rowsOfAnswer(window, answer);
      return { ...window, labels: Int32Array.from(rows) };
    });
  });
  const guesses = sequences.map(({ encoding }) => Math.log(encoding.ids.length));
  return {
    sequences,
    guessingLoss: guesses.reduce((sum, loss) => sum + loss, 0) / Math.max(1, guesses.length),
    score(logits) {
      const spans = answersOf(questions, windows, logits, settings);
      const texts = spans.map(({ text }) => text);
      return { ...scoreAnswers(questions, texts), loss: windowLoss(sequences, logits) };
    },
  };
}

function readPart(
  inputs: readonly ExampleInput[],
  windowsOf: (question: QuestionInput) => QuestionWindow[],
  settings: QuestionAnsweringSettings,
): ReadPart {
  const questions = expectShape(inputs, isQuestionInput, "questions with a context");
  const windows = questions.map(windowsOf);
  return {
    sequences: windows.flat().map((window) => ({ ...window, labels: Int32Array.of(-1, -1) })),
    answers: (logits) => answersOf(questions, windows, logits, settings),
  };
}

/** The best span of each question over its windows. */
function answersOf(
  questions: readonly QuestionInput[],
  windows: readonly (readonly QuestionWindow[])[],
  logits: readonly Float32Array[],
  { longestAnswer }: QuestionAnsweringSettings,
): SpanAnswer[] {
  let next = 0;
  return questions.map(({ context }, index): SpanAnswer => {
    const spans = (windows[index] ?? []).flatMap((window) => {
      const span = bestSpan(window, logits[next++] ?? new Float32Array(), longestAnswer);
      return span ?? [];
    });
    const [first, ...others] = spans;
    if (first === undefined) return { kind: "span", text: "", start: 0, end: 0, logit: 0, probability: 0 };
    const best = others.reduce((most, span) => (span.logit > most.logit ? span : most), first);
    return { kind: "span", text: context.slice(best.start, best.end), ...best };
  });
}

/** Scores of one answer per question; with several right answers the best counts. */
export function scoreAnswers(questions: readonly QuestionExample[], texts: readonly string[]): Omit<Scores, "loss"> {
  const figures = questions.map(({ answers }, index) => {
    const actual = answers.map(({ text }) => text);
    const predicted = texts[index] ?? "";
    return {
      f1: bestOf(actual, (answer) => answerF1(answer, predicted)),
      exact: bestOf(actual, (answer) => exactMatch(answer, predicted)),
    };
  });
  const f1 = meanOf(figures.map((each) => each.f1));
  return {
    accuracy: f1,
    interval: bootstrapInterval(figures, (drawn) => meanOf(drawn.map((each) => each.f1))),
    macroF1: f1,
    examples: questions.length,
    figures: { exactMatch: meanOf(figures.map(({ exact }) => exact)) },
  };
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Mean cross entropy of starts and ends, nats. */
function windowLoss(sequences: readonly EncodedSequence[], logits: readonly Float32Array[]): number {
  const losses = sequences.flatMap(({ labels }, index) => {
    const own = logits[index] ?? new Float32Array();
    return [...labels].flatMap((label, column) => {
      const values = own.filter((_, place) => place % columns.length === column);
      return label < 0 ? [] : crossEntropyOf(values, label);
    });
  });
  return meanOf(losses);
}
