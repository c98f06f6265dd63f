/** The text of an example as its task reads it: one text or two, or words with the tags that were wrong. */
import type { ExampleOutcome, WordOutcome } from "../../lib/exampleOutcome.ts";
import classes from "./Inside.module.css";

export function OutcomeText({ outcome: { text, textPair, words } }: { readonly outcome: ExampleOutcome }) {
  if (words !== undefined) return <TaggedText words={words} />;
  return (
    <>
      <span className={classes.clamped} title={text}>
        {text}
      </span>
      {textPair !== undefined && <span className={classes.second}>{textPair}</span>}
    </>
  );
}

function TaggedText({ words }: { readonly words: readonly WordOutcome[] }) {
  return (
    <>
      {words.map(({ word, gold, predicted }, index) => (
        <span key={index}>
          {gold === predicted ? (
            `${word} `
          ) : (
            <span className={classes.wrongWord}>
              {word}
              <small>
                {predicted} instead of {gold}
              </small>
            </span>
          )}
        </span>
      ))}
    </>
  );
}
