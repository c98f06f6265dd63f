/** One answer in the form its task gives: label shares, words with tags, a span of the passage, or the next words. */
import type { Prediction, SpanPrediction, TagsPrediction, WordShare } from "../../worker/protocol.ts";
import { ProbabilityBars, type Share } from "./ProbabilityBars.tsx";
import { tagGroups, tagTypes } from "./tagGroups.ts";
import { TagMark } from "./TagMark.tsx";
import classes from "./TryIt.module.css";

interface PredictionViewProps {
  readonly prediction: Prediction | undefined;
  /** Names of the logits, for answers that are not there yet and for colours. */
  readonly labels: readonly string[];
  readonly trained: boolean;
  /** The passage in which a span is marked; without it only its words are shown. */
  readonly passage: string | undefined;
}

export function PredictionView({ prediction, labels, trained, passage }: PredictionViewProps) {
  switch (prediction?.kind) {
    case undefined:
      return <p className={classes.quiet}>…</p>;
    case "label": {
      const { label, probabilities, words } = prediction;
      const shares = labels.map((name) => ({ name, share: probabilities[name], isAnswer: name === label }));
      return (
        <>
          <ProbabilityBars shares={shares} trained={trained} />
          {words && <WordsAtMask words={words} />}
        </>
      );
    }
    case "tags":
      return <TaggedText prediction={prediction} labels={labels} />;
    case "span":
      return <Span prediction={prediction} passage={passage} />;
    case "words":
      return <ProbabilityBars shares={sharesOf(prediction.words)} trained={trained} />;
    default:
      return prediction satisfies never;
  }
}

/** White space is part of a byte-level word and would not be seen. */
function sharesOf(words: readonly WordShare[]): Share[] {
  return words.map(({ word, probability }, index) => ({
    name: word.replaceAll(" ", "␣").replaceAll("\n", "↵"),
    share: probability,
    isAnswer: index === 0,
  }));
}

function WordsAtMask({ words }: { readonly words: readonly WordShare[] }) {
  return (
    <p className={classes.words}>
      At [MASK]:{" "}
      {words.slice(0, 6).map(({ word, probability }) => (
        <span key={word}>
          <b>{word}</b> {probability.toFixed(2)}
        </span>
      ))}
    </p>
  );
}

function TaggedText({ prediction, labels }: { prediction: TagsPrediction; labels: readonly string[] }) {
  const types = tagTypes(labels);
  const groups = tagGroups(prediction.words);
  return (
    <>
      <p className={classes.tagged}>
        {groups.map(({ words, type, probability }, index) => (
          <TagMark key={index} text={words.join(" ")} type={type} place={types.indexOf(type ?? "")}>
            {probability?.toFixed(2)}
          </TagMark>
        ))}
      </p>
      {groups.every(({ type }) => type === undefined) && <p className={classes.quiet}>No word is tagged.</p>}
    </>
  );
}

function Span({ prediction, passage }: { prediction: SpanPrediction; passage: string | undefined }) {
  const { start, end, text, probability } = prediction;
  return (
    <>
      {passage !== undefined && (
        <p className={classes.passage}>
          {passage.slice(0, start)}
          <mark>{passage.slice(start, end)}</mark>
          {passage.slice(end)}
        </p>
      )}
      <p data-answer className={classes.span}>
        <b>{text === "" ? "no answer" : text}</b> <span className={classes.share}>{probability.toFixed(2)}</span>
      </p>
    </>
  );
}
