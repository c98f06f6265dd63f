/** The number at the end of a slider, and the field in which another can be typed. Keeps what was typed until it is valid. */
import { useEffect, useState } from "react";
import classes from "./StopSlider.module.css";

interface TypedValueProps {
  readonly value: number;
  readonly words: (value: number) => string;
  readonly labelId: string;
  readonly disabled: boolean;
  readonly onChange: (value: number) => string | undefined;
}

export function TypedValue({ value, words, labelId, disabled, onChange }: TypedValueProps) {
  const [text, setText] = useState(words(value));
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    setText(words(value));
    setProblem(undefined);
  }, [value, words]);

  const commit = () => {
    if (text === words(value)) return setProblem(undefined);
    const number = text.trim() === "" ? Number.NaN : Number(text.replace(",", "."));
    setProblem(Number.isNaN(number) ? `Expected a number, got "${text}".` : onChange(number));
  };

  return (
    <>
      <input
        className={classes.typed}
        inputMode="decimal"
        aria-label="Type a value"
        aria-describedby={labelId}
        aria-invalid={problem !== undefined}
        value={text}
        disabled={disabled}
        onChange={(event) => setText(event.currentTarget.value)}
        onFocus={(event) => event.currentTarget.select()}
        onBlur={commit}
        onKeyDown={(event) => event.key === "Enter" && commit()}
      />
      {problem && (
        <span role="alert" className={classes.problem}>
          {problem}
        </span>
      )}
    </>
  );
}
