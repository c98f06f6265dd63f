/** How far something has come: words over a thin bar. Not announced by itself; a caller wraps it in a status where that helps. */
import classes from "./ProgressBar.module.css";

interface ProgressBarProps {
  readonly words: string;
  /** What makes progress, for screen readers. */
  readonly label: string;
  readonly value: number;
  /** Not 0. */
  readonly max: number;
}

export function ProgressBar({ words, label, value, max }: ProgressBarProps) {
  return (
    <div className={classes.progress}>
      <span>{words}</span>
      <progress aria-label={label} aria-valuetext={words} value={value} max={max} />
    </div>
  );
}
